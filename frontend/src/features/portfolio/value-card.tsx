import type { ReactNode } from "react";

import { SignedMoney } from "@/components/amount";
import { Badge } from "@/components/badge";
import { Card } from "@/components/card";
import { Explain } from "@/components/explain";
import type { Holdings } from "@/features/portfolio/api/types";
import { formatDay } from "@/lib/format";
import { formatMoney } from "@/lib/money";

export function ValueCard({ holdings }: { holdings: Holdings }) {
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
      <p className="text-3xl font-semibold tracking-tight tabular-nums" data-testid="total">
        {formatMoney(holdings.total)}
      </p>
      <dl className="mt-4 grid grid-cols-2 gap-x-4 gap-y-3 text-sm">
        <Item
          term="Unrealised"
          meaning="Market value less the cost of the lots still held, at the rates of the days they were bought."
        >
          <SignedMoney money={holdings.unrealised} />
        </Item>
        <Item term="Realised" meaning="Gains and losses of what was sold since the ledger began.">
          <SignedMoney money={holdings.realised} />
        </Item>
        <Item term="Cost basis" meaning="What the lots still held were bought for, fees included.">
          <span className="tabular-nums">{formatMoney(holdings.cost_basis)}</span>
        </Item>
        <Item
          term="Cash"
          meaning="Cash of all accounts and currencies, in the base currency at the ECB's rate of the day."
        >
          <span className="tabular-nums">{formatMoney(holdings.cash_value)}</span>
        </Item>
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

function Item({ term, meaning, children }: { term: string; meaning: string; children: ReactNode }) {
  return (
    <div>
      <dt className="flex items-center gap-1 text-xs text-muted">
        {term}
        <Explain subject={term}>{meaning}</Explain>
      </dt>
      <dd className="font-medium">{children}</dd>
    </div>
  );
}
