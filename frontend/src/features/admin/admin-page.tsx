import { Tabs } from "radix-ui";

import { AuditPanel } from "@/features/admin/audit-panel";
import { EvaluationsPanel } from "@/features/admin/evaluations-panel";
import { HealthPanel } from "@/features/admin/health-panel";
import { QueuesPanel } from "@/features/admin/queues-panel";
import { UsersPanel } from "@/features/admin/users-panel";

const tabs = [
  { value: "health", label: "Health", panel: HealthPanel },
  { value: "queues", label: "Queues", panel: QueuesPanel },
  { value: "users", label: "Users", panel: UsersPanel },
  { value: "audit", label: "Audit", panel: AuditPanel },
  { value: "evaluations", label: "Evaluations", panel: EvaluationsPanel },
] as const;

export function AdminPage({ ownId }: { ownId: string }) {
  return (
    <div className="flex flex-col gap-4">
      <h1 className="text-xl font-semibold">Admin</h1>
      <Tabs.Root defaultValue="health">
        <Tabs.List aria-label="Administration" className="mb-4 flex gap-1 border-b border-line">
          {tabs.map(({ value, label }) => (
            <Tabs.Trigger
              key={value}
              value={value}
              className="-mb-px border-b-2 border-transparent px-3 py-2 text-sm font-medium text-muted hover:text-ink data-[state=active]:border-accent data-[state=active]:text-ink"
            >
              {label}
            </Tabs.Trigger>
          ))}
        </Tabs.List>
        {tabs.map(({ value, panel: Panel }) => (
          <Tabs.Content key={value} value={value}>
            <Panel ownId={ownId} />
          </Tabs.Content>
        ))}
      </Tabs.Root>
    </div>
  );
}
