import { useState } from "react";

import { SignedMoney } from "@/components/amount";
import { Badge } from "@/components/badge";
import { Card } from "@/components/card";
import type { Holdings } from "@/features/portfolio/api/types";
import { Figure } from "@/features/portfolio/figure";
import { TrailPanel } from "@/components/trail-panel";
import { formatDay } from "@/lib/format";
import { formatMoney } from "@/lib/money";

export function ValueCard({ holdings }: { holdings: Holdings }) {
  const [asked, setAsked] = useState(false);
  const trail = (figure: string) => ({ portfolioId: holdings.portfolio_id, figure });
  return (
    <Card
      title="Portfolio value"
      note={`At the close of ${formatDay(holdings.as_of)}`}
      actions={
        holdings.stale_prices > 0 ? (
          <Badge tone="warn" title="These symbols have no price of the valuation day; their last one is used.">
            {holdings.stale_prices} stale {holdings.stale_prices === 1 ? "price" : "prices"}
          </Badge>
        ) : (
          <Badge tone="accent">Prices current</Badge>
        )
      }
    >
      <div className="flex flex-wrap items-baseline gap-x-3">
        <p className="text-3xl font-semibold tracking-tight tabular-nums" data-testid="total">
          {formatMoney(holdings.total)}
        </p>
        <button
          type="button"
          onClick={() => setAsked(true)}
          className="text-xs font-medium text-accent underline underline-offset-2"
        >
          How is this computed?
        </button>
      </div>
      {asked && <TrailPanel name="Portfolio value" ask={trail("market_value")} onClose={() => setAsked(false)} />}
      <dl className="mt-4 grid grid-cols-2 gap-x-4 gap-y-3 text-sm">
        <Figure
          name="Unrealised"
          trail={trail("unrealised")}
          reason={undefined}
          meaning="Market value less the cost of the lots still held, at the rates of the days they were bought."
        >
          <SignedMoney money={holdings.unrealised} />
        </Figure>
        <Figure
          name="Realised"
          trail={trail("realised")}
          reason={undefined}
          meaning="Gains and losses of what was sold since the ledger began."
        >
          <SignedMoney money={holdings.realised} />
        </Figure>
        <Figure
          name="Cost basis"
          trail={trail("cost_basis")}
          reason={undefined}
          meaning="What the lots still held were bought for, fees included."
        >
          <span className="tabular-nums">{formatMoney(holdings.cost_basis)}</span>
        </Figure>
        <Figure
          name="Cash"
          trail={trail("cash")}
          reason={undefined}
          meaning="Cash of all accounts and currencies, in the base currency at the ECB's rate of the day."
        >
          <span className="tabular-nums">{formatMoney(holdings.cash_value)}</span>
        </Figure>
      </dl>
      {holdings.cash.length > 1 && (
        <ul aria-label="Cash by currency" className="mt-3 flex flex-wrap gap-2">
          {holdings.cash.map((cash) => (
            <li key={cash.currency}>
              <Badge>
                {cash.currency} {formatMoney(cash)}
              </Badge>
            </li>
          ))}
        </ul>
      )}
      {holdings.unpriced.length > 0 && (
        <p className="mt-3 text-sm text-warn">
          Not in the total, since no price is known: {holdings.unpriced.join(", ")}
        </p>
      )}
      {holdings.warnings.map((warning) => (
        <p key={warning} className="mt-2 text-sm text-warn">
          {warning}
        </p>
      ))}
    </Card>
  );
}
