import { useQuery } from "@tanstack/react-query";

import { Card } from "@/components/card";
import { DataTable } from "@/components/data-table";
import { EmptyState } from "@/components/empty-state";
import { ErrorNote } from "@/components/error-note";
import { Spinner } from "@/components/spinner";
import { incomeQuery } from "@/features/portfolio/api/insights";
import { Figure } from "@/features/portfolio/figure";
import { Conventions } from "@/components/conventions";
import type { IncomeModel } from "@/lib/api/gen/stock/types.gen";
import { classNames } from "@/lib/class-names";
import { formatDay, formatPercent } from "@/lib/format";
import { formatMoney } from "@/lib/money";

/** Months received that are drawn; the table below has all years by holding. */
const monthsShown = 24;

/** Dividends and interest by month, and what may come. */
export function IncomeCard({ portfolioId }: { portfolioId: string }) {
  const income = useQuery(incomeQuery(portfolioId));
  const data = income.data;
  return (
    <Card title="Income" note="Dividends and interest before tax; expected payments repeat those of the last year">
      {income.isPending && <Spinner label="Adding up the income" />}
      {income.isError && <ErrorNote error={income.error} onRetry={() => void income.refetch()} />}
      {data !== undefined &&
        (data.received.payments === 0 && data.expected_payments.length === 0 ? (
          <EmptyState title="No income yet">Dividends and interest you book appear here.</EmptyState>
        ) : (
          <Income data={data} portfolioId={portfolioId} />
        ))}
    </Card>
  );
}

function Income({ data, portfolioId }: { data: IncomeModel; portfolioId: string }) {
  return (
    <div className="flex flex-col gap-4">
      <dl className="grid grid-cols-2 gap-3 text-sm sm:grid-cols-4">
        <Figure
          name="Received"
          meaning="All dividends and interest of the ledger, before tax."
          reason={undefined}
          trail={{ portfolioId, figure: "income" }}
        >
          {formatMoney(data.received.gross)}
        </Figure>
        <Figure name="Last 12 months" meaning="The same, of the last twelve months." reason={undefined}>
          {formatMoney(data.trailing_12_months.gross)}
        </Figure>
        <Figure
          name="Next 12 months"
          meaning="What would come if each holding paid as in its last year."
          reason={data.undefined["expected"]}
        >
          {data.expected !== null && formatMoney(data.expected)}
        </Figure>
        <Figure
          name="Yield on cost"
          meaning="The last twelve months' income of what is held, over what it cost."
          reason={data.undefined["yield_on_cost"]}
        >
          {data.yield_on_cost !== null && formatPercent(data.yield_on_cost)}
        </Figure>
      </dl>
      <Months data={data} />
      {data.expected_payments.length > 0 && (
        <details className="text-sm">
          <summary className="cursor-pointer text-muted hover:text-ink">
            Expected payments ({data.expected_payments.length})
          </summary>
          <ul aria-label="Expected payments" className="mt-2 max-h-72 overflow-y-auto">
            {data.expected_payments.map((payment) => (
              <li
                key={`${payment.symbol} ${payment.date}`}
                className="flex justify-between gap-3 border-b border-line py-1 last:border-0"
              >
                <span className="text-muted">{formatDay(payment.date)}</span>
                <span className="mr-auto font-medium">{payment.symbol}</span>
                <span className="tabular-nums">{formatMoney(payment.gross)}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
      {data.by_holding.length > 0 && (
        <details className="text-sm">
          <summary className="cursor-pointer text-muted hover:text-ink">By holding</summary>
          <DataTable
            label="Income by holding"
            columns={[
              { label: "Holding", cell: (row) => row.symbol ?? "Interest on cash" },
              { label: "Received", numeric: true, cell: (row) => formatMoney(row.received.gross) },
              { label: "Tax", numeric: true, cell: (row) => formatMoney(row.received.tax) },
              { label: "Last 12 months", numeric: true, cell: (row) => formatMoney(row.trailing_12_months.gross) },
              {
                label: "Expected",
                numeric: true,
                cell: (row) => (row.expected === null ? "–" : formatMoney(row.expected)),
              },
              {
                label: "Yield on cost",
                numeric: true,
                cell: (row) => (row.yield_on_cost === null ? "–" : formatPercent(row.yield_on_cost)),
              },
            ]}
            rows={data.by_holding}
            keyOf={(row) => row.symbol ?? ""}
          />
        </details>
      )}
      {data.warnings.map((warning) => (
        <p key={warning} className="text-sm text-warn">
          {warning}
        </p>
      ))}
      <Conventions conventions={data.conventions} />
    </div>
  );
}

type Month = { month: string; amount: string; currency: string; expected: boolean };

function Months({ data }: { data: IncomeModel }) {
  const months: Month[] = [
    ...data.by_month.slice(-monthsShown).map(({ month, gross }) => ({ month, ...gross, expected: false })),
    ...data.expected_by_month.map(({ month, gross }) => ({ month, ...gross, expected: true })),
  ];
  // Lengths of bars only; the amounts shown are the strings themselves.
  const highest = Math.max(...months.map(({ amount }) => Number(amount)), Number.MIN_VALUE);
  if (months.length === 0) return null;
  return (
    <ol aria-label="Income by month" className="flex max-h-80 flex-col gap-1 overflow-y-auto text-xs" tabIndex={0}>
      {months.map(({ month, amount, currency, expected }) => (
        <li key={`${month} ${String(expected)}`} className="grid grid-cols-[4.5rem_1fr_auto] items-center gap-2">
          <span className="text-muted">{monthName(month)}</span>
          <span aria-hidden className="h-2.5 rounded bg-raised">
            <span
              className={classNames(
                "block h-full rounded",
                expected ? "border border-dashed border-accent bg-accent-soft" : "bg-accent",
              )}
              style={{ width: `${(Math.max(Number(amount), 0) / highest) * 100}%` }}
            />
          </span>
          <span className="text-right tabular-nums">
            {formatMoney({ amount, currency })}
            {expected && <span className="text-muted"> expected</span>}
          </span>
        </li>
      ))}
    </ol>
  );
}

function monthName(month: string): string {
  return new Intl.DateTimeFormat("en-US", { month: "short", year: "numeric", timeZone: "UTC" }).format(
    new Date(`${month.slice(0, 7)}-01T00:00:00Z`),
  );
}
