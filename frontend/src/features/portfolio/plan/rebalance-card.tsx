import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { Choice } from "@/components/choice";
import { DataTable } from "@/components/data-table";
import { EmptyState } from "@/components/empty-state";
import { TextField } from "@/components/field";
import { targetsQuery, useRebalance } from "@/features/portfolio/api/plans";
import type { Portfolio } from "@/features/portfolio/api/types";
import { Refusal } from "@/features/portfolio/plan/refusal";
import { TradesTable } from "@/features/portfolio/plan/trades-table";
import { Conventions } from "@/components/conventions";
import type { Mode } from "@/lib/api/gen/stock/types.gen";
import { formatPercent } from "@/lib/format";
import { textOf } from "@/lib/form";

const modes = [
  { value: "full", label: "Buy and sell" },
  { value: "buy_only", label: "Only buy" },
] as const satisfies readonly { value: Mode; label: string }[];

/** The trades that lead from today's weights to the targets. */
export function RebalanceCard({ portfolio }: { portfolio: Portfolio }) {
  const targets = useQuery(targetsQuery(portfolio.id));
  const rebalance = useRebalance(portfolio.id);
  const [mode, setMode] = useState<Mode>("full");
  const plan = rebalance.data;
  const submit = (data: FormData) =>
    rebalance.mutate({
      mode,
      cash: textOf(data, "cash") || "0",
      whole_shares: data.has("whole_shares"),
      fee: { fixed: textOf(data, "fee") || "0" },
      min_trade: textOf(data, "min_trade") || "0",
      candidates: textOf(data, "candidates")
        .split(/[\s,]+/)
        .filter(Boolean)
        .map((symbol) => symbol.toUpperCase()),
    });
  return (
    <Card
      title="Rebalance"
      note="Trades that lead to the targets. Nothing is booked."
      actions={<Choice label="Kind of trades" value={mode} options={modes} onChange={setMode} />}
    >
      {targets.data === null ? (
        <EmptyState title="No targets are set">Save targets first; the trades follow from them.</EmptyState>
      ) : (
        <form
          aria-label="Rebalance"
          className="mb-3 grid grid-cols-2 items-end gap-3 sm:grid-cols-4"
          onSubmit={(event) => {
            event.preventDefault();
            submit(new FormData(event.currentTarget));
          }}
        >
          <TextField label={`New cash (${portfolio.base_currency})`} name="cash" inputMode="decimal" placeholder="0" />
          <TextField label="Fee of a trade" name="fee" inputMode="decimal" placeholder="0" />
          <TextField label="Smallest trade" name="min_trade" inputMode="decimal" placeholder="0" />
          {targets.data?.by !== "holding" && (
            <TextField label="May be bought" name="candidates" placeholder="SPY, JPM" autoComplete="off" />
          )}
          <label className="flex items-center gap-2 py-2 text-sm">
            <input type="checkbox" name="whole_shares" defaultChecked /> Whole shares
          </label>
          <Button type="submit" variant="primary" busy={rebalance.isPending} className="col-span-full justify-self-end">
            Work out the trades
          </Button>
        </form>
      )}
      <Refusal error={rebalance.error} />
      {plan !== undefined && (
        <>
          <TradesTable plan={plan} portfolio={portfolio} />
          <details className="mt-3 text-sm">
            <summary className="cursor-pointer text-muted hover:text-ink">Weights before and after</summary>
            <DataTable
              label="Weights before and after"
              rows={plan.groups}
              keyOf={(group) => group.key}
              columns={[
                { label: "Slice", cell: (group) => group.key },
                { label: "Target", numeric: true, cell: (group) => formatPercent(group.target) },
                { label: "Before", numeric: true, cell: (group) => weight(group.weight_before) },
                { label: "After", numeric: true, cell: (group) => weight(group.weight_after) },
              ]}
            />
          </details>
          <Conventions conventions={plan.conventions} />
        </>
      )}
    </Card>
  );
}

function weight(fraction: number | null): string {
  return fraction === null ? "unknown" : formatPercent(fraction);
}
