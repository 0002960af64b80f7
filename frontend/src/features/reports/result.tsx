import { OptimisationResult } from "@/features/reports/optimisation-result";
import { PortfolioResult } from "@/features/reports/portfolio-result";
import { ProjectionResult } from "@/features/reports/projection-result";
import { StatementResult, TaxLotsResult } from "@/features/reports/report-sums";
import { Warnings } from "@/features/reports/warnings";
import type { OptimisationModel, PortfolioProjectionModel } from "@/lib/api/gen/stock/types.gen";
import { humanise } from "@/lib/format";

type Props = { kind: string; result: Record<string, unknown> };

/** What an analysis gave, its warnings, and the conventions its figures follow. */
export function Result({ kind, result }: Props) {
  return (
    <div className="flex flex-col gap-4">
      <Warnings of={[result["warnings"]]} />
      {bodyOf(kind, result)}
      <Conventions of={conventionsOf(result)} />
    </div>
  );
}

// The contract leaves a result open, since it goes by kind; each has the shape of the route it stands for.
function bodyOf(kind: string, result: Record<string, unknown>) {
  switch (kind) {
    case "portfolio":
      return <PortfolioResult result={result as Parameters<typeof PortfolioResult>[0]["result"]} />;
    case "optimisation":
      return <OptimisationResult result={result as unknown as OptimisationModel} />;
    case "projection":
      return <ProjectionResult result={result as unknown as PortfolioProjectionModel} />;
    case "tax_lots":
      return <TaxLotsResult result={result as Parameters<typeof TaxLotsResult>[0]["result"]} />;
    case "statement":
      return <StatementResult result={result as Parameters<typeof StatementResult>[0]["result"]} />;
    default:
      return <p className="text-sm text-muted">This page does not know this kind of report.</p>;
  }
}

/** Those of the result, or of its parts where it has some. */
function conventionsOf(result: Record<string, unknown>): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const part of [result, ...Object.values(result)]) {
    if (typeof part === "object" && part !== null && "conventions" in part) Object.assign(found, part.conventions);
  }
  return found;
}

function Conventions({ of }: { of: Record<string, unknown> }) {
  if (Object.keys(of).length === 0) return null;
  return (
    <details className="text-xs text-muted">
      <summary>How this is reckoned</summary>
      <dl className="mt-1 flex flex-col gap-1">
        {Object.entries(of).map(([name, words]) => (
          <div key={name}>
            <dt className="inline font-medium">{humanise(name)}: </dt>
            <dd className="inline">{String(words)}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
