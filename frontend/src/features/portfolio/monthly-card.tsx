import { useQuery } from "@tanstack/react-query";

import { Card } from "@/components/card";
import { EmptyState } from "@/components/empty-state";
import { ErrorNote } from "@/components/error-note";
import { Spinner } from "@/components/spinner";
import { performanceQuery } from "@/features/portfolio/api/performance";
import { Conventions } from "@/components/conventions";
import type { YearModel } from "@/lib/api/gen/stock/types.gen";
import { formatPercent } from "@/lib/format";

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const everything = { period: "max" } as const;

/** Time-weighted returns of every month; the shade repeats what the number says. */
export function MonthlyCard({ portfolioId }: { portfolioId: string }) {
  const performance = useQuery(performanceQuery(portfolioId, everything, ""));
  const years = performance.data?.monthly ?? [];
  return (
    <Card title="Monthly returns" note="Time-weighted, after fees; a year's total chains its months">
      {performance.isPending && <Spinner label="Computing the months" />}
      {performance.isError && <ErrorNote error={performance.error} onRetry={() => void performance.refetch()} />}
      {performance.isSuccess && years.length === 0 && (
        <EmptyState title="No month to show yet">The grid begins with the ledger's first day.</EmptyState>
      )}
      {years.length > 0 && <Grid years={years} />}
      {performance.data !== undefined && <Conventions conventions={performance.data.conventions} />}
    </Card>
  );
}

function Grid({ years }: { years: readonly YearModel[] }) {
  const strongest = Math.max(0.02, ...years.flatMap((year) => year.months.map((value) => Math.abs(value ?? 0))));
  return (
    <div
      className="-mx-4 mb-3 overflow-x-auto px-4 sm:-mx-5 sm:px-5"
      tabIndex={0}
      role="group"
      aria-label="Monthly returns, scrollable"
    >
      <table aria-label="Monthly returns" className="w-full border-separate border-spacing-0.5 text-xs tabular-nums">
        <thead>
          <tr className="text-muted">
            <th scope="col" className="p-1 text-left font-medium">
              Year
            </th>
            {months.map((month) => (
              <th key={month} scope="col" className="p-1 text-right font-medium">
                {month}
              </th>
            ))}
            <th scope="col" className="p-1 text-right font-medium">
              Year's total
            </th>
          </tr>
        </thead>
        <tbody>
          {[...years].reverse().map((year) => (
            <tr key={year.year}>
              <th scope="row" className="p-1 text-left font-medium">
                {year.year}
              </th>
              {months.map((month, position) => {
                const value = year.months[position] ?? null;
                return (
                  <td
                    key={month}
                    className="min-w-14 rounded p-1 text-right"
                    style={value === null ? undefined : { background: shade(value / strongest) }}
                  >
                    {value === null ? (
                      <span className="text-muted" title="Outside the ledger's days">
                        –
                      </span>
                    ) : (
                      formatPercent(value, { sign: true, digits: 1 })
                    )}
                  </td>
                );
              })}
              <td className="p-1 text-right font-semibold">
                {year.total === null ? "–" : formatPercent(year.total, { sign: true, digits: 1 })}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** From -1, all loss, to 1, all gain; never so strong that the number could not be read. */
function shade(part: number): string {
  const percent = Math.round(Math.min(Math.abs(part), 1) * 35);
  return `color-mix(in oklab, var(${part < 0 ? "--loss" : "--gain"}) ${percent}%, transparent)`;
}
