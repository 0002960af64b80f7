import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";

import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { DataTable } from "@/components/data-table";
import { EmptyState } from "@/components/empty-state";
import { ErrorNote } from "@/components/error-note";
import { TextField } from "@/components/field";
import { Spinner } from "@/components/spinner";
import { auditQuery } from "@/features/admin/api/audit";
import { useDebounced } from "@/hooks/use-debounced";
import { formatInstant } from "@/lib/format";

export function AuditPanel() {
  const [day, setDay] = useState("");
  const [action, setAction] = useState("");
  const audit = useInfiniteQuery(auditQuery(day, useDebounced(action.trim(), 400)));
  return (
    <Card title="Audit" note="Who did what, newest first; days are in UTC">
      <div className="mb-3 grid grid-cols-2 gap-3 sm:max-w-md">
        <TextField label="Day" type="date" value={day} onChange={(event) => setDay(event.target.value)} />
        <TextField
          label="Action"
          placeholder="any"
          value={action}
          onChange={(event) => setAction(event.target.value)}
        />
      </div>
      {audit.isPending && <Spinner label="Loading the audit log" />}
      {audit.isError && <ErrorNote error={audit.error} onRetry={() => void audit.refetch()} />}
      {audit.isSuccess && audit.data.length === 0 && <EmptyState title="Nothing recorded for this day" />}
      {audit.isSuccess && audit.data.length > 0 && (
        <DataTable
          label="Audit events"
          rows={audit.data}
          keyOf={(event) => event.id}
          columns={[
            { label: "When", cell: (event) => <span className="whitespace-nowrap">{formatInstant(event.at)}</span> },
            { label: "Action", cell: (event) => event.action },
            { label: "Actor", cell: (event) => <Id text={event.actor} /> },
            { label: "Target", cell: (event) => <Id text={event.target} /> },
            {
              label: "Detail",
              cell: (event) => (
                <code
                  className="line-clamp-2 min-w-48 text-xs break-all text-muted"
                  title={JSON.stringify(event.detail)}
                >
                  {Object.keys(event.detail).length === 0 ? "" : JSON.stringify(event.detail)}
                </code>
              ),
            },
          ]}
        />
      )}
      {audit.hasNextPage && (
        <div className="mt-3 text-center">
          <Button size="small" busy={audit.isFetchingNextPage} onClick={() => void audit.fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
    </Card>
  );
}

/** Ids are long and alike; their end tells them apart. */
function Id({ text }: { text: string }) {
  return (
    <span title={text} className="whitespace-nowrap">
      {text.length > 20 ? `${text.slice(0, 8)}…${text.slice(-8)}` : text}
    </span>
  );
}
