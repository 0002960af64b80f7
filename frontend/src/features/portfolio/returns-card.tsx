import type { UseQueryResult } from "@tanstack/react-query";

import { SignedMoney, SignedPercent } from "@/components/amount";
import { Card } from "@/components/card";
import { ErrorNote } from "@/components/error-note";
import { Spinner } from "@/components/spinner";
import type { TrailAsk } from "@/lib/api/trail";
import type { Performance } from "@/features/portfolio/api/types";
import { Figure } from "@/features/portfolio/figure";
import { ranges, type Range } from "@/features/portfolio/ranges";
import { formatDay } from "@/lib/format";

type Props = { performance: UseQueryResult<Performance>; range: Range; trail: (figure: string) => TrailAsk };

export function ReturnsCard({ performance, range, trail }: Props) {
  const label = ranges.find((option) => option.value === range)?.label ?? range;
  const data = performance.data;
  return (
    <Card
      title="Returns"
      note={data === undefined ? label : `${label}: ${formatDay(data.start)} to ${formatDay(data.end)}`}
      className="flex-1"
    >
      {performance.isPending && <Spinner label="Computing returns" />}
      {performance.isError && <ErrorNote error={performance.error} onRetry={() => void performance.refetch()} />}
      {data !== undefined && <Figures performance={data} trail={trail} />}
      {data?.warnings.map((warning) => (
        <p key={warning} className="mt-2 text-xs text-warn">
          {warning}
        </p>
      ))}
    </Card>
  );
}

function Figures({ performance, trail }: { performance: Performance; trail: Props["trail"] }) {
  const { benchmark, undefined: reasons } = performance;
  return (
    <dl className="grid grid-cols-2 gap-x-4 gap-y-3 text-sm">
      <Figure
        name="Time-weighted"
        meaning="What one unit of money would have earned, whatever was paid in or out in between. The one to hold against a benchmark."
        reason={reasons["twr"]}
        trail={trail("twr")}
      >
        {performance.twr !== null && <SignedPercent fraction={performance.twr} />}
      </Figure>
      <Figure
        name={benchmark?.symbol ?? "Benchmark"}
        meaning="The return of the benchmark's adjusted price over the same days."
        reason={benchmark?.undefined["twr"] ?? reasons["benchmark"]}
        trail={benchmark == null ? undefined : trail("benchmark_twr")}
      >
        {benchmark?.twr != null && <SignedPercent fraction={benchmark.twr} />}
      </Figure>
      <Figure
        name="Money-weighted (XIRR)"
        meaning="The yearly rate at which your dated payments grew to today's value; it depends on when you paid in."
        reason={reasons["xirr"]}
        trail={trail("xirr")}
      >
        {performance.xirr !== null && <SignedPercent fraction={performance.xirr} />}
      </Figure>
      <Figure
        name="Simple"
        meaning="The gain over the value at the start plus what was paid in."
        reason={reasons["simple_return"]}
        trail={trail("simple_return")}
      >
        {performance.simple_return !== null && <SignedPercent fraction={performance.simple_return} />}
      </Figure>
      <Figure
        name="Gain"
        meaning="Value at the end less value at the start less what was paid in net."
        reason={undefined}
        trail={trail("gain")}
      >
        <SignedMoney money={performance.gain} />
      </Figure>
      <Figure
        name="Net paid in"
        meaning="Deposits less withdrawals in the range."
        reason={undefined}
        trail={trail("net_flows")}
      >
        <SignedMoney money={performance.net_flows} className="text-ink" />
      </Figure>
    </dl>
  );
}
