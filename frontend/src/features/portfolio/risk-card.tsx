import type { UseQueryResult } from "@tanstack/react-query";

import { Card } from "@/components/card";
import { ErrorNote } from "@/components/error-note";
import { Spinner } from "@/components/spinner";
import type { TrailAsk } from "@/lib/api/trail";
import type { Risk } from "@/features/portfolio/api/types";
import { Figure } from "@/features/portfolio/figure";
import { ranges, type Range } from "@/features/portfolio/ranges";
import { formatNumber, formatPercent } from "@/lib/format";

/** The figures of a risk report: what is a number, or null with a reason. */
type Name = keyof { [K in keyof Risk as Risk[K] extends number | null | undefined ? K : never]: true };

const percent = (value: number) => formatPercent(value);
const ratio = (value: number) => formatNumber(value);

const figures: readonly { key: Name; name: string; meaning: string; format: (value: number) => string }[] = [
  {
    key: "volatility",
    name: "Volatility",
    format: percent,
    meaning: "Standard deviation of daily returns, as a yearly figure.",
  },
  {
    key: "max_drawdown",
    name: "Max drawdown",
    format: percent,
    meaning: "The deepest fall from a high within the range.",
  },
  {
    key: "sharpe",
    name: "Sharpe",
    format: ratio,
    meaning: "Yearly mean return over the risk-free rate for each unit of volatility.",
  },
  { key: "sortino", name: "Sortino", format: ratio, meaning: "As Sharpe, counting only the deviation of losing days." },
  {
    key: "beta",
    name: "Beta",
    format: ratio,
    meaning: "How much the portfolio moved for each 1% the benchmark moved.",
  },
  {
    key: "correlation",
    name: "Correlation",
    format: ratio,
    meaning: "How alike the daily moves of portfolio and benchmark were: 1 is the same direction always.",
  },
  {
    key: "var95_hist",
    name: "VaR 95%, one day",
    format: percent,
    meaning: "On one day in twenty the return was at or below this.",
  },
  { key: "cvar95_hist", name: "CVaR 95%, one day", format: percent, meaning: "The mean return of those worst days." },
  { key: "worst_daily_return", name: "Worst day", format: percent, meaning: "The lowest daily return of the range." },
  {
    key: "tracking_error",
    name: "Tracking error",
    format: percent,
    meaning: "Yearly deviation of the difference to the benchmark's returns.",
  },
];

type Props = { risk: UseQueryResult<Risk>; range: Range; trail: (figure: string) => TrailAsk };

export function RiskCard({ risk, range, trail }: Props) {
  const label = ranges.find((option) => option.value === range)?.label ?? range;
  const data = risk.data;
  return (
    <Card
      title="Risk"
      note={
        data === undefined
          ? label
          : `${label}, from ${data.n_returns} daily returns${data.benchmark == null ? "" : `, against ${data.benchmark}`}`
      }
    >
      {risk.isPending && <Spinner label="Computing risk" />}
      {risk.isError && <ErrorNote error={risk.error} onRetry={() => void risk.refetch()} />}
      {data !== undefined && (
        <dl className="grid grid-cols-2 gap-x-4 gap-y-4 text-sm sm:grid-cols-3 xl:grid-cols-5">
          {figures.map(({ key, name, meaning, format }) => {
            const value = data[key];
            return (
              <Figure key={key} name={name} meaning={meaning} reason={data.undefined[key]} trail={trail(key)}>
                {value == null ? undefined : format(value)}
              </Figure>
            );
          })}
        </dl>
      )}
    </Card>
  );
}
