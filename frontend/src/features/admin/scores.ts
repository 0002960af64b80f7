import type { EvaluationRow } from "@/features/admin/api/evaluations";

type Counted = { met: number; asked: number };

/** Part of the checks that were met; null where nothing was asked. */
export function share({ met, asked }: Counted): number | null {
  return asked === 0 ? null : met / asked;
}

/** The score of a run: the part of its cases that passed whole. */
export function score(run: { passed: number; cases: number }): number | null {
  return share({ met: run.passed, asked: run.cases });
}

/**
 * The run to compare a run with: the one before it that asked the same model the same part of the questions.
 * `runs` are newest first.
 */
export function runBefore(runs: readonly EvaluationRow[], run: EvaluationRow): EvaluationRow | undefined {
  const part = (each: EvaluationRow) => [...each.only].sort().join("\n");
  return runs
    .slice(runs.findIndex((each) => each.id === run.id) + 1)
    .find((each) => each.model === run.model && part(each) === part(run));
}

/** A change in percentage points, "+1.2"; shares are fractions. */
export function formatPoints(change: number): string {
  const points = Math.round(change * 1000) / 10;
  const digits = Math.abs(points).toFixed(1);
  if (points === 0) return "0.0";
  return points > 0 ? `+${digits}` : `\u2212${digits}`;
}
