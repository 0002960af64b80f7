import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { Card } from "@/components/card";
import { Choice } from "@/components/choice";
import { EmptyState } from "@/components/empty-state";
import { ErrorNote } from "@/components/error-note";
import { Spinner } from "@/components/spinner";
import { allocationQuery } from "@/features/portfolio/api/allocation";
import type { AllocationBy } from "@/lib/api/gen/stock/types.gen";
import { formatPercent } from "@/lib/format";
import { formatMoney } from "@/lib/money";

const ways = [
  { value: "sector", label: "Sector" },
  { value: "symbol", label: "Symbol" },
  { value: "class", label: "Class" },
  { value: "country", label: "Country" },
  { value: "currency", label: "Currency" },
  { value: "account", label: "Account" },
] as const satisfies readonly { value: AllocationBy; label: string }[];

export function AllocationCard({ portfolioId }: { portfolioId: string }) {
  const [by, setBy] = useState<AllocationBy>("sector");
  const allocation = useQuery(allocationQuery(portfolioId, by));
  return (
    <Card
      title="Allocation"
      actions={<Choice label="Allocation by" value={by} options={ways} onChange={setBy} />}
      className="h-full"
    >
      {allocation.isPending && <Spinner label="Loading the allocation" />}
      {allocation.isError && <ErrorNote error={allocation.error} onRetry={() => void allocation.refetch()} />}
      {allocation.isSuccess && allocation.data.items.length === 0 && (
        <EmptyState title="Nothing to divide yet">{allocation.data.undefined["items"]}</EmptyState>
      )}
      {allocation.isSuccess && (
        <ul className="flex flex-col gap-2 text-sm">
          {allocation.data.items.map((slice) => (
            <li key={slice.key}>
              <div className="flex items-baseline justify-between gap-2">
                <span className="min-w-0 truncate" title={slice.symbols.join(", ")}>
                  {slice.label}
                </span>
                <span className="text-xs whitespace-nowrap text-muted tabular-nums">
                  {formatMoney(slice.value, { whole: true })} ·{" "}
                  <span className="font-medium text-ink">{formatPercent(slice.weight, { digits: 1 })}</span>
                </span>
              </div>
              <div aria-hidden className="mt-1 h-1.5 overflow-hidden rounded-full bg-raised">
                <div
                  className="h-full rounded-full bg-accent"
                  style={{ width: `${Math.min(Math.max(slice.weight, 0), 1) * 100}%` }}
                />
              </div>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
