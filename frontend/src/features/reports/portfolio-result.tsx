import { DataTable } from "@/components/data-table";
import { Figures } from "@/features/reports/figures";
import { Titled } from "@/features/reports/titled";
import { Warnings } from "@/features/reports/warnings";
import type { AllocationModel, HoldingsModel, PerformanceModel, RiskModel } from "@/lib/api/gen/stock/types.gen";
import { formatPercent, humanise } from "@/lib/format";
import { formatMoney } from "@/lib/money";

/** Performance without its daily series, as it is stored. */
type Stored = {
  holdings: HoldingsModel;
  performance: Omit<PerformanceModel, "series" | "drawdown">;
  risk: RiskModel;
  allocation: Record<string, AllocationModel>;
};

export function PortfolioResult({ result }: { result: Stored }) {
  const { holdings, performance, risk, allocation } = result;
  const because = performance.undefined;
  return (
    <>
      <Warnings of={[holdings.warnings, performance.warnings, risk.warnings]} />
      <Figures
        label="Value"
        lines={[
          { label: "As of", value: holdings.as_of, as: "day" },
          { label: "Total", value: holdings.total },
          { label: "Cash", value: holdings.cash_value },
          { label: "Unrealised", value: holdings.unrealised },
          { label: "Realised", value: holdings.realised },
          { label: "Stale prices", value: holdings.stale_prices, as: "count" },
        ]}
      />
      <Figures
        label="Returns"
        lines={[
          { label: "Time-weighted", value: performance.twr, as: "percent", reason: because["twr"] },
          {
            label: "Time-weighted, a year",
            value: performance.twr_annual,
            as: "percent",
            reason: because["twr_annual"],
          },
          { label: "Money-weighted (XIRR)", value: performance.xirr, as: "percent", reason: because["xirr"] },
          { label: "Gain", value: performance.gain, reason: because["gain"] },
        ]}
      />
      <Figures
        label="Risk"
        lines={[
          { label: "Volatility, a year", value: risk.volatility, as: "percent", reason: risk.undefined["volatility"] },
          { label: "Sharpe ratio", value: risk.sharpe, as: "number", reason: risk.undefined["sharpe"] },
          { label: "Sortino ratio", value: risk.sortino, as: "number", reason: risk.undefined["sortino"] },
          {
            label: "Largest drawdown",
            value: risk.max_drawdown,
            as: "percent",
            reason: risk.undefined["max_drawdown"],
          },
          {
            label: `Beta against ${risk.benchmark ?? "no benchmark"}`,
            value: risk.beta,
            reason: risk.undefined["beta"],
          },
        ]}
      />
      {Object.values(allocation).map((part) => (
        <Titled key={part.by} title={`By ${part.by}`}>
          <DataTable
            label={`Allocation by ${part.by}`}
            rows={part.items}
            keyOf={(slice) => slice.key}
            columns={[
              { label: humanise(part.by), cell: (slice) => slice.label },
              { label: "Value", numeric: true, cell: (slice) => formatMoney(slice.value) },
              { label: "Weight", numeric: true, cell: (slice) => formatPercent(slice.weight, { digits: 1 }) },
            ]}
          />
        </Titled>
      ))}
    </>
  );
}
