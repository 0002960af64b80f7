import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";

import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { DataTable } from "@/components/data-table";
import { EmptyState } from "@/components/empty-state";
import { ErrorNote } from "@/components/error-note";
import { Spinner } from "@/components/spinner";
import { evaluationsQuery, type EvaluationRow } from "@/features/admin/api/evaluations";
import { EvaluationDialog } from "@/features/admin/evaluation-dialog";
import { ScoreBar } from "@/features/admin/score-bar";
import { formatPoints, runBefore, score } from "@/features/admin/scores";
import { formatDuration, formatInstant, humanise } from "@/lib/format";

export function EvaluationsPanel() {
  const runs = useInfiniteQuery(evaluationsQuery());
  const [opened, setOpened] = useState<string>();
  return (
    <Card title="Evaluations" note="Golden questions asked end to end, newest run first; make eval adds one">
      {runs.isPending && <Spinner label="Loading evaluations" />}
      {runs.isError && <ErrorNote error={runs.error} onRetry={() => void runs.refetch()} />}
      {runs.isSuccess && runs.data.length === 0 && (
        <EmptyState title="No evaluation yet">
          <code>make eval</code> asks the golden questions and stores the score here.
        </EmptyState>
      )}
      {runs.isSuccess && runs.data.length > 0 && (
        <DataTable
          label="Evaluations"
          rows={runs.data}
          keyOf={(run) => run.id}
          columns={[
            {
              label: "Run",
              cell: (run) => (
                <span className="whitespace-nowrap">
                  {formatInstant(run.at)}
                  <span className="block text-xs font-normal text-muted">{run.commit}</span>
                </span>
              ),
            },
            {
              label: "Model",
              cell: (run) => (
                <>
                  {run.model}
                  {run.only.length > 0 && (
                    <span className="block">
                      <Badge title={run.only.join(", ")}>a part only</Badge>
                    </span>
                  )}
                </>
              ),
            },
            { label: "Score", cell: (run) => <ScoreBar name="Score" met={run.passed} asked={run.cases} /> },
            {
              label: "Change",
              cell: (run) => <Change run={run} runs={runs.data} complete={!runs.hasNextPage} />,
            },
            ...axisNames(runs.data).map((name) => ({
              label: humanise(name),
              cell: (run: EvaluationRow) => {
                const axis = run.axes.find((each) => each.name === name);
                return <ScoreBar name={humanise(name)} met={axis?.met ?? 0} asked={axis?.asked ?? 0} />;
              },
            })),
            {
              label: "First word",
              numeric: true,
              cell: (run) =>
                run.latency.first_word_p50_ms === null ? "–" : formatDuration(run.latency.first_word_p50_ms),
            },
            {
              label: "Actions",
              cell: (run) => (
                <Button
                  size="small"
                  aria-label={`Failures of the run of ${formatInstant(run.at)}`}
                  onClick={() => setOpened(run.id)}
                >
                  Failures
                </Button>
              ),
            },
          ]}
        />
      )}
      {runs.hasNextPage && (
        <div className="mt-3 text-center">
          <Button size="small" busy={runs.isFetchingNextPage} onClick={() => void runs.fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
      {opened !== undefined && <EvaluationDialog id={opened} onClose={() => setOpened(undefined)} />}
    </Card>
  );
}

/** Every axis of the runs shown, in the order they come. */
function axisNames(runs: readonly EvaluationRow[]): string[] {
  return [...new Set(runs.flatMap((run) => run.axes.map((axis) => axis.name)))];
}

type ChangeProps = { run: EvaluationRow; runs: readonly EvaluationRow[]; complete: boolean };

/** Points against the run before; while older runs are not loaded, none found says nothing. */
function Change({ run, runs, complete }: ChangeProps) {
  const before = runBefore(runs, run);
  const now = score(run);
  const then = before === undefined ? null : score(before);
  if (before === undefined || now === null || then === null) {
    return <span className="text-muted">{complete ? "first" : "–"}</span>;
  }
  const change = now - then;
  return (
    <span className="whitespace-nowrap">
      <Badge tone={change < 0 ? "loss" : change > 0 ? "accent" : "neutral"}>{formatPoints(change)}</Badge>
      {before.questions !== run.questions && (
        <span className="block text-xs text-muted" title="The questions are not those of the run before">
          other questions
        </span>
      )}
    </span>
  );
}
