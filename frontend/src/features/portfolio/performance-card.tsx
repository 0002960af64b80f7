import type { UseQueryResult } from "@tanstack/react-query";
import { lazy, Suspense } from "react";

import { Card } from "@/components/card";
import { Choice } from "@/components/choice";
import { EmptyState } from "@/components/empty-state";
import { Spinner } from "@/components/spinner";
import type { Performance } from "@/features/portfolio/api/types";
import { ranges, type Range } from "@/features/portfolio/ranges";
import { classNames } from "@/lib/class-names";

// The chart library is larger than the rest of the page together; it comes when there is something to draw.
const ValueChart = lazy(async () => ({ default: (await import("@/features/portfolio/value-chart")).ValueChart }));

type Props = { performance: UseQueryResult<Performance>; range: Range; onRange: (range: Range) => void };

export function PerformanceCard({ performance, range, onRange }: Props) {
  const data = performance.data;
  const symbol = data?.benchmark?.symbol;
  return (
    <Card
      title="Value over time"
      note={
        symbol === undefined ? undefined : `Against ${symbol}, scaled to the value at the start; payments are not in it`
      }
      actions={<Choice label="Range" value={range} options={ranges} onChange={onRange} />}
      className="flex flex-1 flex-col"
    >
      <div className={classNames("flex-1 transition-opacity", performance.isPlaceholderData && "opacity-50")}>
        {performance.isPending && <Spinner label="Loading the chart" />}
        {data !== undefined &&
          (data.series.dates.length < 2 ? (
            <EmptyState title="Nothing to draw yet">The chart begins with the second day that has a value.</EmptyState>
          ) : (
            <Suspense fallback={<Spinner label="Loading the chart" />}>
              <ValueChart performance={data} />
            </Suspense>
          ))}
      </div>
    </Card>
  );
}
