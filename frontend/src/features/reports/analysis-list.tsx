import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";

import { Badge, type Tone } from "@/components/badge";
import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { EmptyState } from "@/components/empty-state";
import { ErrorNote } from "@/components/error-note";
import { Spinner } from "@/components/spinner";
import { analysesQuery, isSettled, takeJob, useCancelAnalysis, type Analysis } from "@/features/reports/api/analyses";
import { labelOf } from "@/features/reports/kinds";
import { Progress } from "@/features/reports/progress";
import { useLiveMessage } from "@/hooks/use-live";
import { newIdempotencyKey } from "@/lib/api/client";
import { formatInstant } from "@/lib/format";

type Props = { portfolioId: string; onOpen: (analysisId: string) => void };

export function AnalysisList({ portfolioId, onOpen }: Props) {
  const queryClient = useQueryClient();
  const analyses = useInfiniteQuery(analysesQuery(portfolioId));
  useLiveMessage("job", (message) => takeJob(queryClient, portfolioId, message));
  return (
    <Card title="Reports" note="Of the last ninety days, newest first">
      {analyses.isPending && <Spinner label="Loading reports" />}
      {analyses.isError && <ErrorNote error={analyses.error} onRetry={() => void analyses.refetch()} />}
      {analyses.isSuccess && analyses.data.length === 0 && (
        <EmptyState title="No reports yet">Start one, and follow it here step by step.</EmptyState>
      )}
      {analyses.isSuccess && analyses.data.length > 0 && (
        <ul aria-label="Reports" className="divide-y divide-line">
          {analyses.data.map((analysis) => (
            <AnalysisRow key={analysis.id} analysis={analysis} onOpen={() => onOpen(analysis.id)} />
          ))}
        </ul>
      )}
      {analyses.hasNextPage && (
        <div className="mt-3 text-center">
          <Button size="small" busy={analyses.isFetchingNextPage} onClick={() => void analyses.fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
    </Card>
  );
}

const tones: Record<string, Tone> = { done: "accent", failed: "loss", running: "warn" };

function AnalysisRow({ analysis, onOpen }: { analysis: Analysis; onOpen: () => void }) {
  const cancel = useCancelAnalysis();
  const label = labelOf(analysis.kind);
  const cancelled = analysis.error?.reason === "CANCELLED";
  return (
    <li className="flex flex-col gap-2 py-2.5">
      <div className="flex flex-wrap items-center gap-2">
        <div className="min-w-0 flex-1">
          <button type="button" onClick={onOpen} className="text-left font-medium hover:underline">
            {label}
          </button>
          <p className="text-xs text-muted">{formatInstant(analysis.created_at)}</p>
        </div>
        <Badge tone={cancelled ? "neutral" : (tones[analysis.state] ?? "neutral")}>
          {cancelled ? "cancelled" : analysis.state}
        </Badge>
        {!isSettled(analysis) && (
          <Button
            size="small"
            aria-label={`Cancel ${label}`}
            busy={cancel.isPending}
            onClick={() => cancel.mutate({ id: analysis.id, idempotencyKey: newIdempotencyKey() })}
          >
            Cancel
          </Button>
        )}
      </div>
      {!isSettled(analysis) && <Progress analysis={analysis} />}
      {analysis.error !== null && !cancelled && <p className="text-sm text-loss">{analysis.error.message}</p>}
      {cancel.isError && <ErrorNote error={cancel.error} />}
    </li>
  );
}
