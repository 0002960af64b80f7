import { DataTable } from "@/components/data-table";
import type { Portfolio } from "@/features/portfolio/api/types";
import type { RebalanceModel } from "@/lib/api/gen/stock/types.gen";
import { formatPercent, humanise } from "@/lib/format";
import { formatMoney, formatQuantity } from "@/lib/money";

/** A plan's trades and where they lead. */
export function TradesTable({ plan, portfolio }: { plan: RebalanceModel; portfolio: Portfolio }) {
  const accounts = new Map(portfolio.accounts.map((account) => [account.id, account.name]));
  return (
    <div className="flex flex-col gap-3 text-sm">
      {plan.trades.length === 0 && <p>No trades: {plan.no_trades_because ?? "everything is where it should be"}.</p>}
      {plan.trades.length > 0 && (
        <DataTable
          label="Trades"
          rows={plan.trades}
          keyOf={(trade) => `${trade.account_id} ${trade.side} ${trade.symbol}`}
          columns={[
            { label: "Symbol", cell: (trade) => trade.symbol },
            { label: "Side", cell: (trade) => humanise(trade.side) },
            { label: "Quantity", numeric: true, cell: (trade) => formatQuantity(trade.quantity) },
            { label: "Price", numeric: true, cell: (trade) => formatMoney(trade.price) },
            { label: "Amount", numeric: true, cell: (trade) => formatMoney(trade.amount) },
            {
              label: "Gain",
              numeric: true,
              cell: (trade) => trade.realises !== null && formatMoney(trade.realises.gain, { sign: true }),
            },
            { label: "Account", cell: (trade) => accounts.get(trade.account_id) ?? trade.account_id },
          ]}
        />
      )}
      <p>
        Bought {formatMoney(plan.bought)}, sold {formatMoney(plan.sold)}, fees {formatMoney(plan.fees)}, realised gain{" "}
        {formatMoney(plan.gain, { sign: true })}, cash left {formatMoney(plan.cash_left)}.
        {plan.largest_drift_before !== null && plan.largest_drift_after !== null && (
          <>
            {" "}
            The largest drift goes from {formatPercent(plan.largest_drift_before)} to{" "}
            {formatPercent(plan.largest_drift_after)}.
          </>
        )}
      </p>
      {plan.locked.map(({ symbol, reason }) => (
        <p key={symbol} className="text-muted">
          {symbol} is left alone: {reason}.
        </p>
      ))}
      {plan.unreachable.length > 0 && (
        <p className="text-warn">Nothing may be bought for {plan.unreachable.join(", ")}: name a symbol for it.</p>
      )}
      {plan.warnings.map((warning) => (
        <p key={warning} className="text-warn">
          {warning}
        </p>
      ))}
    </div>
  );
}
