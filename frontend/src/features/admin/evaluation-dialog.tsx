import { useQuery } from "@tanstack/react-query";

import { Badge } from "@/components/badge";
import { DataTable } from "@/components/data-table";
import { Dialog } from "@/components/dialog";
import { EmptyState } from "@/components/empty-state";
import { ErrorNote } from "@/components/error-note";
import { Spinner } from "@/components/spinner";
import { evaluationQuery, type Evaluation } from "@/features/admin/api/evaluations";
import { ScoreBar } from "@/features/admin/score-bar";
import { formatDuration, formatInstant, formatNumber, humanise } from "@/lib/format";
import { formatMoney } from "@/lib/money";

/** One run: what it cost, how each family did, and each check that was not met. */
export function EvaluationDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const run = useQuery(evaluationQuery(id));
  return (
    <Dialog
      title={run.isSuccess ? `Run of ${formatInstant(run.data.at)}` : "Run"}
      description="Golden questions that failed, with what was expected and what came."
      placement="wide"
      onClose={onClose}
    >
      {run.isPending && <Spinner label="Loading the run" />}
      {run.isError && <ErrorNote error={run.error} onRetry={() => void run.refetch()} />}
      {run.isSuccess && (
        <>
          <Facts run={run.data} />
          <DataTable
            label="Families"
            rows={run.data.families}
            keyOf={(family) => family.name}
            columns={[
              { label: "Family", cell: (family) => humanise(family.name) },
              {
                label: "Passed",
                cell: (family) => <ScoreBar name="Passed" met={family.passed} asked={family.cases} />,
              },
              { label: "Cases", numeric: true, cell: (family) => family.cases },
            ]}
          />
          <h3 className="font-semibold">Failures</h3>
          {run.data.failures.length === 0 ? (
            <EmptyState title="Nothing failed" />
          ) : (
            <ul aria-label="Failures" className="flex flex-col gap-3">
              {run.data.failures.map((failure, position) => (
                <li key={position} className="flex flex-col gap-1 rounded-lg border border-line p-3 text-sm">
                  <p className="flex flex-wrap items-center gap-2">
                    <Badge tone="loss">{humanise(failure.axis)}</Badge>
                    <span className="text-xs text-muted">
                      {failure.family} / {failure.case}
                    </span>
                  </p>
                  <p className="font-medium">{failure.question}</p>
                  <p className="break-words">
                    <span className="text-muted">Expected:</span> {failure.expected}
                  </p>
                  <p className="break-words">
                    <span className="text-muted">Got:</span> {failure.got}
                  </p>
                </li>
              ))}
            </ul>
          )}
        </>
      )}
    </Dialog>
  );
}

function Facts({ run }: { run: Evaluation }) {
  const { receipts, latency } = run;
  const figures = receipts.matched + receipts.derived + receipts.unmatched;
  const facts = [
    ["Model", run.model],
    ["Cases passed", `${run.passed} of ${run.cases}`],
    ["Figures without a source", `${receipts.unmatched} of ${figures}`],
    ["First word, p95", latency.first_word_p95_ms === null ? "–" : formatDuration(latency.first_word_p95_ms)],
    ["Whole answer, p50", latency.whole_p50_ms === null ? "–" : formatDuration(latency.whole_p50_ms)],
    ["Cost", run.cost === null ? "no price listed" : formatMoney(run.cost)],
    ["Tokens", `${formatNumber(run.tokens.input, 0)} read, ${formatNumber(run.tokens.output, 0)} written`],
    ["Only", run.only.join(", ")],
  ].filter(([, value]) => value !== "");
  return (
    <dl className="grid grid-cols-2 gap-x-4 gap-y-2 text-sm sm:grid-cols-4">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt className="text-xs text-muted">{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
