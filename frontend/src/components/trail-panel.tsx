import { useInfiniteQuery, useQuery } from "@tanstack/react-query";

import { Button } from "@/components/button";
import { Conventions } from "@/components/conventions";
import { Dialog } from "@/components/dialog";
import { ErrorNote } from "@/components/error-note";
import { Spinner } from "@/components/spinner";
import { portfoliosQuery } from "@/lib/api/portfolios";
import { trailQuery, type TrailAsk } from "@/lib/api/trail";
import { trailTables, type AccountNames, type TrailTable } from "@/components/trail-tables";
import type { TrailModel } from "@/lib/api/gen/stock/types.gen";
import { classNames } from "@/lib/class-names";
import { formatDay, formatPercent } from "@/lib/format";
import { formatMoney } from "@/lib/money";

type Props = { name: string; ask: TrailAsk; onClose: () => void };

/** Where a figure comes from: its formula, and the rows it was worked out from, to be checked by hand. */
export function TrailPanel({ name, ask, onClose }: Props) {
  const trail = useInfiniteQuery(trailQuery(ask));
  const { data: portfolios } = useQuery(portfoliosQuery());
  const accounts = portfolios?.find((portfolio) => portfolio.id === ask.portfolioId)?.accounts ?? [];
  const nameOf = (accountId: string) => accounts.find((account) => account.id === accountId)?.name ?? accountId;
  const first = trail.data?.pages[0];
  return (
    <Dialog title={`How ${name} is computed`} placement="wide" onClose={onClose}>
      {trail.isPending && <Spinner label="Following the figure back" />}
      {trail.isError && <ErrorNote error={trail.error} onRetry={() => void trail.refetch()} />}
      {first !== undefined && <Summary trail={first} />}
      {Object.entries(trailTables).map(([name, table]) => (
        <Rows key={name} table={table} accounts={nameOf} pages={trail.data?.pages ?? []} total={first?.totals[name]} />
      ))}
      {trail.hasNextPage && (
        <Button busy={trail.isFetchingNextPage} onClick={() => void trail.fetchNextPage()} className="self-center">
          Show more rows
        </Button>
      )}
      {first !== undefined && <Conventions conventions={first.conventions} />}
    </Dialog>
  );
}

function Summary({ trail }: { trail: TrailModel }) {
  const reason = trail.undefined[trail.figure];
  const inputs = Object.entries(trail.inputs);
  return (
    <div className="flex flex-col gap-3 text-sm">
      <p className="text-2xl font-semibold tabular-nums">
        {trail.amount !== null && formatMoney(trail.amount)}
        {trail.amount === null && trail.value !== null && <Ratio figure={trail.figure} value={trail.value} />}
        {trail.amount === null && trail.value === null && (
          <span className="text-sm font-normal text-muted">Undefined: {reason ?? "no data"}</span>
        )}
      </p>
      <p className="text-muted">
        {trail.start === null
          ? `As of ${formatDay(trail.end)}`
          : `From the close of ${formatDay(trail.start)} to the close of ${formatDay(trail.end)}`}
      </p>
      <div>
        <h3 className="text-xs font-medium text-muted">Formula</h3>
        <p className="rounded-lg bg-raised px-3 py-2 font-mono text-xs">{trail.formula}</p>
        {trail.formula_source !== null && <p className="mt-1 text-xs text-muted">Source: {trail.formula_source}</p>}
      </div>
      {inputs.length > 0 && (
        <dl aria-label="Inputs" className="grid grid-cols-2 gap-x-4 gap-y-1 sm:grid-cols-3">
          {inputs.map(([key, value]) => (
            <div key={key} className="min-w-0">
              <dt className="font-mono text-xs text-muted">{key}</dt>
              <dd className="font-medium break-words tabular-nums">{value}</dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  );
}

/** Figures that are plain ratios; all others are fractions, told as percent. */
const plain = new Set([
  "sharpe",
  "sortino",
  "calmar",
  "skew",
  "kurtosis",
  "beta",
  "correlation",
  "information_ratio",
  "hhi",
]);

function Ratio({ figure, value }: { figure: string; value: number }) {
  return (
    <>
      {plain.has(figure) ? value : formatPercent(value, { digits: 4 })}
      {!plain.has(figure) && <span className="ml-2 text-sm font-normal text-muted">{value}</span>}
    </>
  );
}

type RowsProps = { table: TrailTable; accounts: AccountNames; pages: readonly TrailModel[]; total: number | undefined };

function Rows({ table: { title, columns, cells }, accounts, pages, total }: RowsProps) {
  const rows = pages.flatMap((page) => cells(page, accounts));
  if (rows.length === 0) return null;
  return (
    <section aria-label={title}>
      <h3 className="text-xs font-medium text-muted">
        {title}
        {total !== undefined && total > rows.length && ` (${rows.length} of ${total} rows)`}
      </h3>
      <div className="max-h-96 overflow-auto" tabIndex={0} role="group" aria-label={`${title}, rows`}>
        <table className="w-full text-xs">
          <thead className="sticky top-0 bg-surface">
            <tr className="border-b border-line text-muted">
              {columns.map((column) => (
                <th key={column.label} scope="col" className={classNames("py-1 pr-3 font-medium", sideOf(column))}>
                  {column.label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, position) => (
              // Rows have no id of their own and are only ever appended.
              <tr key={position} className="border-b border-line last:border-0">
                {columns.map((column, place) => (
                  <td key={column.label} className={classNames("py-1 pr-3 whitespace-nowrap", sideOf(column))}>
                    {row[place]}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function sideOf(column: TrailTable["columns"][number]): string {
  return column.numeric === true ? "text-right tabular-nums" : "text-left";
}
