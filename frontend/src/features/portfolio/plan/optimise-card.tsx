import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { DataTable } from "@/components/data-table";
import { SelectField, TextField } from "@/components/field";
import { useOptimise } from "@/features/portfolio/api/plans";
import type { Portfolio } from "@/features/portfolio/api/types";
import { fractionOf } from "@/features/portfolio/plan/percent";
import { Refusal } from "@/features/portfolio/plan/refusal";
import { TradesTable } from "@/features/portfolio/plan/trades-table";
import { Conventions } from "@/components/conventions";
import type { Method, OptimisationModel, PointModel } from "@/lib/api/gen/stock/types.gen";
import { formatDay, formatNumber, formatPercent } from "@/lib/format";
import { textOf } from "@/lib/form";

const methods = [
  { value: "min_variance", label: "Minimum variance" },
  { value: "max_sharpe", label: "Maximum Sharpe ratio" },
  { value: "risk_parity", label: "Risk parity" },
  { value: "hrp", label: "Hierarchical risk parity" },
] as const satisfies readonly { value: Method; label: string }[];

/** Weights a method would choose, and the trades to them. */
export function OptimiseCard({ portfolio }: { portfolio: Portfolio }) {
  const optimise = useOptimise(portfolio.id);
  return (
    <Card title="Optimise" note="From the prices of three years; what was good then need not be so again">
      <form
        aria-label="Optimise"
        className="mb-3 grid grid-cols-2 items-end gap-3 sm:grid-cols-4"
        onSubmit={(event) => {
          event.preventDefault();
          const data = new FormData(event.currentTarget);
          const method = methods.find(({ value }) => value === textOf(data, "method"))?.value ?? "min_variance";
          const most = textOf(data, "most");
          optimise.mutate({
            method,
            whole_shares: data.has("whole_shares"),
            ...(most === "" ? {} : { default_bounds: ["0", fractionOf(most)] }),
          });
        }}
      >
        <SelectField label="Method" name="method" className="col-span-2">
          {methods.map(({ value, label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </SelectField>
        <TextField label="At most in one holding, %" name="most" inputMode="decimal" placeholder="100" />
        <label className="flex items-center gap-2 py-2 text-sm">
          <input type="checkbox" name="whole_shares" defaultChecked /> Whole shares
        </label>
        <Button type="submit" variant="primary" busy={optimise.isPending} className="col-span-full justify-self-end">
          Optimise
        </Button>
      </form>
      <Refusal error={optimise.error} />
      {optimise.data !== undefined && <Proposal answer={optimise.data} portfolio={portfolio} />}
    </Card>
  );
}

function Proposal({ answer, portfolio }: { answer: OptimisationModel; portfolio: Portfolio }) {
  return (
    <div className="flex flex-col gap-3 text-sm">
      <p>
        From {answer.n_returns} returns, {formatDay(answer.window_start)} to {formatDay(answer.window_end)}. Now:{" "}
        {pointOf(answer.now)}. Proposed: {pointOf(answer.proposed)}.
      </p>
      <DataTable
        label="Proposed weights"
        rows={answer.items}
        keyOf={(item) => item.symbol}
        columns={[
          { label: "Symbol", cell: (item) => item.symbol },
          { label: "Now", numeric: true, cell: (item) => percent(item.weight_now) },
          { label: "Proposed", numeric: true, cell: (item) => percent(item.weight) },
          { label: "Part of the risk", numeric: true, cell: (item) => percent(item.risk_contribution) },
        ]}
      />
      {answer.conditioning?.singular === true && <p className="text-warn">{answer.conditioning.handling}</p>}
      {Object.entries(answer.left_out).map(([symbol, reason]) => (
        <p key={symbol} className="text-muted">
          {symbol} is left out: {reason}.
        </p>
      ))}
      {answer.warnings.map((warning) => (
        <p key={warning} className="text-warn">
          {warning}
        </p>
      ))}
      {answer.plan !== null && (
        <details>
          <summary className="cursor-pointer text-muted hover:text-ink">The trades that lead there</summary>
          <TradesTable plan={answer.plan} portfolio={portfolio} />
        </details>
      )}
      <Conventions conventions={answer.conventions} />
    </div>
  );
}

function pointOf({ volatility, expected_return, sharpe }: PointModel): string {
  return `volatility ${percent(volatility)}, return ${percent(expected_return)}, Sharpe ${sharpe === null ? "undefined" : formatNumber(sharpe)}`;
}

function percent(fraction: number | null): string {
  return fraction === null ? "undefined" : formatPercent(fraction);
}
