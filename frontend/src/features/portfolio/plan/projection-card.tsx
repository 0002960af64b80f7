import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { DataTable } from "@/components/data-table";
import { TextField } from "@/components/field";
import { useProjection } from "@/features/portfolio/api/plans";
import type { Portfolio } from "@/features/portfolio/api/types";
import { Refusal } from "@/features/portfolio/plan/refusal";
import { Conventions } from "@/components/conventions";
import type { MoneyModel, PlanYearModel, PortfolioProjectionModel } from "@/lib/api/gen/stock/types.gen";
import { formatDay, formatNumber, formatPercent } from "@/lib/format";
import { textOf } from "@/lib/form";
import { formatMoney } from "@/lib/money";

/** How the portfolio may stand in some years: simulated paths, with paying in or taking out. */
export function ProjectionCard({ portfolio }: { portfolio: Portfolio }) {
  const projection = useProjection(portfolio.id);
  return (
    <Card title="Projection" note="Simulated from the portfolio's own mean and volatility; not a forecast">
      <form
        aria-label="Projection"
        className="mb-3 grid grid-cols-2 items-end gap-3 sm:grid-cols-4"
        onSubmit={(event) => {
          event.preventDefault();
          const data = new FormData(event.currentTarget);
          const withdrawal = textOf(data, "withdrawal");
          projection.mutate({
            years: Number(textOf(data, "years")),
            contribution_monthly: textOf(data, "contribution") || "0",
            ...(withdrawal === "" ? {} : { withdrawal: { amount: withdrawal, start: textOf(data, "start") || "0" } }),
          });
        }}
      >
        <TextField label="Years" name="years" type="number" min={1} max={60} defaultValue={10} required />
        <TextField label="Paid in a month" name="contribution" inputMode="decimal" placeholder="0" />
        <TextField label="Taken out a month" name="withdrawal" inputMode="decimal" placeholder="none" />
        <TextField label="Taken from year" name="start" inputMode="decimal" placeholder="0" />
        <Button type="submit" variant="primary" busy={projection.isPending} className="col-span-full justify-self-end">
          Project
        </Button>
      </form>
      <Refusal error={projection.error} />
      {projection.data !== undefined && <Fan answer={projection.data} />}
    </Card>
  );
}

type Percentile = "p05" | "p25" | "p50" | "p75" | "p95";

const percentiles = [
  { name: "p05", label: "5 %" },
  { name: "p25", label: "25 %" },
  { name: "p50", label: "Median" },
  { name: "p75", label: "75 %" },
  { name: "p95", label: "95 %" },
] as const satisfies readonly { name: Percentile; label: string }[];

function Fan({ answer }: { answer: PortfolioProjectionModel }) {
  return (
    <div className="flex flex-col gap-3 text-sm">
      <p>
        From {formatMoney(answer.initial)} on {formatDay(answer.as_of)}, {formatNumber(answer.paths, 0)} paths, drift{" "}
        {formatPercent(answer.drift)} and volatility {formatPercent(answer.volatility)} a year
        {answer.estimated.length > 0 && ` (${answer.estimated.join(" and ")} from ${answer.history_returns} returns)`}.
        It ends below what went in on {formatPercent(answer.prob_loss, { digits: 1 })} of the paths
        {answer.prob_depleted > 0 && ` and runs dry on ${formatPercent(answer.prob_depleted, { digits: 1 })}`}.
        {answer.sustainable_withdrawal !== null &&
          ` ${formatMoney(answer.sustainable_withdrawal)} a month lasts on ${formatPercent(answer.confidence, { digits: 0 })} of them.`}
      </p>
      <DataTable<PlanYearModel>
        label="Value after each year"
        rows={answer.fan}
        keyOf={(row) => String(row.year)}
        columns={[
          { label: "Year", cell: (row) => row.year },
          ...percentiles.map(({ name, label }) => ({
            label,
            numeric: true,
            cell: (row: PlanYearModel) => whole(row[name]),
          })),
        ]}
      />
      {answer.warnings.map((warning) => (
        <p key={warning} className="text-warn">
          {warning}
        </p>
      ))}
      <Conventions conventions={answer.conventions} />
    </div>
  );
}

function whole(money: MoneyModel): string {
  return formatMoney(money, { whole: true });
}
