import { DataTable } from "@/components/data-table";
import { Figures } from "@/features/reports/figures";
import { Titled } from "@/features/reports/titled";
import type { OptimisationModel, PointModel } from "@/lib/api/gen/stock/types.gen";
import { formatNumber, formatPercent, humanise } from "@/lib/format";
import { formatMoney, formatQuantity } from "@/lib/money";

function percent(fraction: number | null): string {
  return fraction === null ? "not known" : formatPercent(fraction, { digits: 1 });
}

export function OptimisationResult({ result }: { result: OptimisationModel }) {
  return (
    <>
      <Titled title="Weights">
        <DataTable
          label="Weights"
          rows={result.items}
          keyOf={(item) => item.symbol}
          columns={[
            { label: "Symbol", cell: (item) => item.symbol },
            { label: "Now", numeric: true, cell: (item) => percent(item.weight_now) },
            { label: "Proposed", numeric: true, cell: (item) => percent(item.weight) },
            { label: "Part of risk", numeric: true, cell: (item) => percent(item.risk_contribution) },
          ]}
        />
      </Titled>
      <Point label="As it is" point={result.now} />
      <Point label="As proposed" point={result.proposed} />
      {result.points !== null && (
        <Titled title="Efficient frontier">
          <DataTable
            label="Efficient frontier"
            rows={result.points}
            keyOf={(point) => `${point.expected_return} ${point.volatility}`}
            columns={[
              { label: "Expected return", cell: (point) => percent(point.expected_return) },
              { label: "Volatility", numeric: true, cell: (point) => percent(point.volatility) },
              {
                label: "Sharpe",
                numeric: true,
                cell: (point) => (point.sharpe === null ? "not known" : formatNumber(point.sharpe)),
              },
            ]}
          />
        </Titled>
      )}
      {result.plan !== null && result.plan.trades.length > 0 && (
        <Titled title="Trades">
          <DataTable
            label="Trades"
            rows={result.plan.trades}
            keyOf={(trade) => `${trade.side} ${trade.symbol}`}
            columns={[
              { label: "Trade", cell: (trade) => `${humanise(trade.side)} ${trade.symbol}` },
              { label: "Quantity", numeric: true, cell: (trade) => formatQuantity(trade.quantity) },
              { label: "Amount", numeric: true, cell: (trade) => formatMoney(trade.amount) },
            ]}
          />
        </Titled>
      )}
      {Object.entries(result.left_out).map(([symbol, reason]) => (
        <p key={symbol} className="text-sm text-muted">
          {symbol} is left out: {reason}
        </p>
      ))}
    </>
  );
}

function Point({ label, point }: { label: string; point: PointModel }) {
  return (
    <Figures
      label={label}
      lines={[
        {
          label: "Expected return",
          value: point.expected_return,
          as: "percent",
          reason: point.undefined["expected_return"],
        },
        { label: "Volatility", value: point.volatility, as: "percent", reason: point.undefined["volatility"] },
        { label: "Sharpe ratio", value: point.sharpe, as: "number", reason: point.undefined["sharpe"] },
      ]}
    />
  );
}
