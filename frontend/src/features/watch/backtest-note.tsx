import { Spinner } from "@/components/spinner";
import { ErrorNote } from "@/components/error-note";
import type { Backtest } from "@/features/watch/api/alerts";
import { formatDay } from "@/lib/format";

type Props = { result: Backtest | undefined; pending: boolean; error: unknown };

/** On which days of the last year a rule would have fired, and where that cannot be told. */
export function BacktestNote({ result, pending, error }: Props) {
  if (pending) return <Spinner label="Trying it on the last year" />;
  if (error !== null) return <ErrorNote error={error} />;
  if (result === undefined) return null;
  const reasons = Object.entries(result.undefined);
  return (
    <section aria-label="Backtest" className="flex flex-col gap-2 rounded-lg border border-line p-3 text-sm">
      <p role="status">
        <strong>
          {result.fired.length === 0
            ? "It would not have fired"
            : `It would have fired ${result.fired.length === 1 ? "once" : `${result.fired.length} times`}`}
        </strong>{" "}
        from {formatDay(result.start)} to {formatDay(result.end)}. The rule held on {result.true_days} of {result.days}{" "}
        days.
      </p>
      {result.fired.length > 0 && (
        <ul aria-label="Days it would have fired" className="flex flex-wrap gap-1.5">
          {result.fired.map((day) => (
            <li key={day} className="rounded-full bg-accent-soft px-2 py-0.5 text-xs text-accent">
              {formatDay(day)}
            </li>
          ))}
        </ul>
      )}
      {result.undefined_days > 0 && (
        <div className="text-xs text-muted">
          <p>On {result.undefined_days} days it cannot be told:</p>
          <ul className="list-disc pl-5">
            {reasons.map(([pointer, reason]) => (
              <li key={pointer}>{reason}</li>
            ))}
          </ul>
        </div>
      )}
      <details className="text-xs text-muted">
        <summary>How this is reckoned</summary>
        <dl className="mt-1 flex flex-col gap-1">
          {Object.entries(result.conventions).map(([name, words]) => (
            <div key={name}>
              <dt className="inline font-medium">{name.replaceAll("_", " ")}: </dt>
              <dd className="inline">{words}</dd>
            </div>
          ))}
        </dl>
      </details>
    </section>
  );
}
