import { useInfiniteQuery } from "@tanstack/react-query";

import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { DataTable } from "@/components/data-table";
import { ErrorNote } from "@/components/error-note";
import { Spinner } from "@/components/spinner";
import type { AdminUser } from "@/features/admin/api/types";
import { usersQuery, useUpdateUser, type UserChange } from "@/features/admin/api/users";
import { formatInstant } from "@/lib/format";

export function UsersPanel({ ownId }: { ownId: string }) {
  const users = useInfiniteQuery(usersQuery());
  const update = useUpdateUser();
  return (
    <Card title="Users" note="Suspending ends a user's sessions and refuses their background work">
      {users.isPending && <Spinner label="Loading users" />}
      {users.isError && <ErrorNote error={users.error} onRetry={() => void users.refetch()} />}
      {update.isError && <ErrorNote error={update.error} />}
      {users.isSuccess && (
        <DataTable
          label="Users"
          rows={users.data}
          keyOf={(user) => user.id}
          columns={[
            {
              label: "User",
              cell: (user) => (
                <>
                  {user.display_name}
                  <span className="block text-xs font-normal text-muted">{user.email}</span>
                </>
              ),
            },
            {
              label: "Roles",
              cell: (user) => (
                <span className="flex gap-1">
                  {user.roles.map((role) => (
                    <Badge key={role} tone={role === "admin" ? "accent" : "neutral"}>
                      {role}
                    </Badge>
                  ))}
                  {user.suspended && <Badge tone="loss">suspended</Badge>}
                </span>
              ),
            },
            { label: "Registered", cell: (user) => formatInstant(user.created_at) },
            {
              label: "Actions",
              cell: (user) =>
                user.id === ownId ? (
                  <span className="text-xs text-muted">You</span>
                ) : (
                  <UserActions
                    user={user}
                    busy={update.isPending && update.variables.id === user.id}
                    onChange={(change) => update.mutate(change)}
                  />
                ),
            },
          ]}
        />
      )}
      {users.hasNextPage && (
        <div className="mt-3 text-center">
          <Button size="small" busy={users.isFetchingNextPage} onClick={() => void users.fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
    </Card>
  );
}

type ActionsProps = { user: AdminUser; busy: boolean; onChange: (change: UserChange) => void };

function UserActions({ user, busy, onChange }: ActionsProps) {
  const isAdmin = user.roles.includes("admin");
  const otherRoles = user.roles.filter((role) => role !== "admin");
  return (
    <span className="flex gap-2">
      <Button
        size="small"
        variant={user.suspended ? "secondary" : "danger"}
        busy={busy}
        aria-label={`${user.suspended ? "Reinstate" : "Suspend"} ${user.email}`}
        onClick={() => onChange({ id: user.id, version: user.version, suspended: !user.suspended })}
      >
        {user.suspended ? "Reinstate" : "Suspend"}
      </Button>
      <Button
        size="small"
        busy={busy}
        aria-label={`${isAdmin ? "Remove admin role from" : "Make admin:"} ${user.email}`}
        onClick={() =>
          onChange({ id: user.id, version: user.version, roles: isAdmin ? otherRoles : [...otherRoles, "admin"] })
        }
      >
        {isAdmin ? "Remove admin" : "Make admin"}
      </Button>
    </span>
  );
}
