import { DataTable } from "@/components/data-table";
import { Figures } from "@/features/reports/figures";
import { Titled } from "@/features/reports/titled";
import type { PortfolioProjectionModel } from "@/lib/api/gen/stock/types.gen";
import { formatPercent } from "@/lib/format";
import { formatMoney } from "@/lib/money";

export function ProjectionResult({ result }: { result: PortfolioProjectionModel }) {
  return (
    <>
      <Figures
        label="Assumptions"
        lines={[
          { label: "Starts with", value: result.initial },
          { label: "Drift, a year", value: result.drift, as: "percent" },
          { label: "Volatility, a year", value: result.volatility, as: "percent" },
          { label: "Paths", value: result.paths, as: "count" },
          { label: "Seed", value: String(result.seed) },
        ]}
      />
      <Titled title="Value by year">
        <DataTable
          label="Value by year"
          rows={result.fan}
          keyOf={(year) => String(year.year)}
          columns={[
            { label: "Year", cell: (year) => String(year.year) },
            { label: "5%", numeric: true, cell: (year) => formatMoney(year.p05, { whole: true }) },
            { label: "Median", numeric: true, cell: (year) => formatMoney(year.p50, { whole: true }) },
            { label: "95%", numeric: true, cell: (year) => formatMoney(year.p95, { whole: true }) },
            { label: "Loss", numeric: true, cell: (year) => formatPercent(year.prob_loss, { digits: 1 }) },
          ]}
        />
      </Titled>
      <Figures
        label="At the end"
        lines={[
          { label: "Chance of a loss", value: result.prob_loss, as: "percent" },
          { label: "Chance of running out", value: result.prob_depleted, as: "percent" },
          {
            label: "Sustainable withdrawal",
            value: result.sustainable_withdrawal,
            reason: result.undefined["sustainable_withdrawal"],
          },
        ]}
      />
    </>
  );
}
