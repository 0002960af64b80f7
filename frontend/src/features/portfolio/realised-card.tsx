import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { SignedMoney } from "@/components/amount";
import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { DataTable } from "@/components/data-table";
import { EmptyState } from "@/components/empty-state";
import { ErrorNote } from "@/components/error-note";
import { Spinner } from "@/components/spinner";
import { realisedQuery } from "@/features/portfolio/api/insights";
import type { TrailAsk } from "@/lib/api/trail";
import { Figure } from "@/features/portfolio/figure";
import { Conventions } from "@/components/conventions";
import type { RealisedModel } from "@/lib/api/gen/stock/types.gen";
import { formatDay } from "@/lib/format";
import { formatMoney, formatQuantity } from "@/lib/money";

const yearsOffered = 12;

/** Gains of what was sold, by year and holding period, with the lots each sale took. */
export function RealisedCard({ portfolioId, marketDay }: { portfolioId: string; marketDay: string }) {
  const thisYear = Number.parseInt(marketDay.slice(0, 4), 10);
  const [year, setYear] = useState<number>();
  const [tokens, setTokens] = useState<readonly string[]>([""]);
  const days = year === undefined ? { start: "", end: "" } : { start: `${year}-01-01`, end: lastDay(year, marketDay) };
  const realised = useQuery(realisedQuery(portfolioId, days, tokens.at(-1) ?? ""));
  const data = realised.data;
  const next = data?.next_page_token ?? "";
  return (
    <Card
      title="Realised gains"
      actions={
        <>
          <label htmlFor="realised-year" className="sr-only">
            Year of sale
          </label>
          <select
            id="realised-year"
            value={year ?? ""}
            onChange={({ target: { value } }) => {
              setYear(value === "" ? undefined : Number.parseInt(value, 10));
              setTokens([""]);
            }}
            className="rounded-lg border border-line bg-surface px-2 py-1 text-xs font-medium"
          >
            <option value="">All years</option>
            {Array.from({ length: yearsOffered }, (_, back) => thisYear - back).map((option) => (
              <option key={option}>{option}</option>
            ))}
          </select>
        </>
      }
    >
      {realised.isPending && <Spinner label="Adding up the sales" />}
      {realised.isError && <ErrorNote error={realised.error} onRetry={() => void realised.refetch()} />}
      {data !== undefined && data.items.length === 0 && (
        <EmptyState title={year === undefined ? "Nothing sold yet" : `Nothing sold in ${year}`} />
      )}
      {data !== undefined && data.items.length > 0 && (
        // The trail of what was realised goes back to the ledger's beginning, so it explains the sum of all years only.
        <Sales data={data} trail={year === undefined ? { portfolioId, figure: "realised" } : undefined} />
      )}
      {(tokens.length > 1 || next !== "") && (
        <nav aria-label="Pages of sales" className="mt-3 flex justify-center gap-3">
          <Button size="small" disabled={tokens.length === 1} onClick={() => setTokens(tokens.slice(0, -1))}>
            Earlier
          </Button>
          <Button size="small" disabled={next === ""} onClick={() => setTokens([...tokens, next])}>
            Later
          </Button>
        </nav>
      )}
    </Card>
  );
}

function lastDay(year: number, marketDay: string): string {
  const end = `${year}-12-31`;
  return end > marketDay ? marketDay : end;
}

function Sales({ data, trail }: { data: RealisedModel; trail: TrailAsk | undefined }) {
  const { total } = data;
  return (
    <div className="flex flex-col gap-4">
      <dl className="grid grid-cols-2 gap-3 text-sm sm:grid-cols-3">
        <Figure
          name="Gain"
          meaning="Proceeds less cost of what was sold; short-term and long-term together."
          reason={undefined}
          trail={trail}
        >
          <SignedMoney money={total.gain} />
        </Figure>
        <Figure name="Short-term" meaning="Of lots held for a year or less." reason={undefined}>
          <SignedMoney money={total.short_term} />
        </Figure>
        <Figure name="Long-term" meaning="Of lots held for more than a year." reason={undefined}>
          <SignedMoney money={total.long_term} />
        </Figure>
        <Figure name="From prices" meaning="The gain at the rates of the days of purchase." reason={undefined}>
          <SignedMoney money={total.price_effect} />
        </Figure>
        <Figure name="From currencies" meaning="The rest: what exchange rates did." reason={undefined}>
          <SignedMoney money={total.currency_effect} />
        </Figure>
        <Figure name="Proceeds" meaning="What the sales brought, after fees." reason={undefined}>
          {formatMoney(total.proceeds)}
        </Figure>
      </dl>
      <DataTable
        label="Sales"
        columns={[
          {
            label: "Sold",
            cell: (sale) => (
              <span className="whitespace-nowrap">
                {sale.symbol} <span className="font-normal text-muted">{formatDay(sale.date)}</span>
              </span>
            ),
          },
          { label: "Quantity", numeric: true, cell: (sale) => formatQuantity(sale.quantity) },
          {
            label: "Lots",
            cell: (sale) => (
              <ul className="text-xs whitespace-nowrap text-muted">
                {sale.lots.map((lot) => (
                  <li key={lot.lot_id}>
                    {formatQuantity(lot.quantity)} of {formatDay(lot.acquired)},{" "}
                    {lot.long_term ? "long-term" : "short-term"}
                  </li>
                ))}
              </ul>
            ),
          },
          {
            label: "Gain",
            numeric: true,
            cell: (sale) => (
              <>
                <SignedMoney money={sale.gain} />
                {sale.wash_sale && (
                  <div>
                    <Badge tone="warn" title="A loss with a purchase of the same symbol within 30 days around it">
                      wash sale?
                    </Badge>
                  </div>
                )}
              </>
            ),
          },
        ]}
        rows={data.items}
        keyOf={(sale) => sale.transaction_id}
      />
      <Conventions conventions={data.conventions} />
    </div>
  );
}
