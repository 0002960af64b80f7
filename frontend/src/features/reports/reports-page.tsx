import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { EmptyState } from "@/components/empty-state";
import { ErrorNote } from "@/components/error-note";
import { Spinner } from "@/components/spinner";
import { AnalysisList } from "@/features/reports/analysis-list";
import { AnalysisPanel } from "@/features/reports/analysis-panel";
import { StartForm } from "@/features/reports/start-form";
import { portfoliosQuery } from "@/lib/api/portfolios";

type Props = { openedId: string | undefined; onOpen: (analysisId: string | undefined) => void };

export function ReportsPage({ openedId, onOpen }: Props) {
  const portfolios = useQuery(portfoliosQuery());
  const [chosenId, setChosenId] = useState<string>();
  const items = portfolios.data ?? [];
  const chosen = items.find(({ id }) => id === chosenId) ?? items[0];
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center gap-3">
        <h1 className="mr-auto text-xl font-semibold">Reports</h1>
        {chosen !== undefined && (
          <select
            aria-label="Portfolio"
            value={chosen.id}
            onChange={(event) => setChosenId(event.target.value)}
            className="min-w-0 rounded-lg border border-line bg-surface px-3 py-2 text-sm font-medium"
          >
            {items.map((portfolio) => (
              <option key={portfolio.id} value={portfolio.id}>
                {portfolio.name} ({portfolio.base_currency})
              </option>
            ))}
          </select>
        )}
      </div>
      {portfolios.isPending && <Spinner label="Loading your portfolios" />}
      {portfolios.isError && <ErrorNote error={portfolios.error} onRetry={() => void portfolios.refetch()} />}
      {portfolios.isSuccess && chosen === undefined && (
        <div className="rounded-xl border border-dashed border-line">
          <EmptyState title="You have no portfolio yet">
            Reports are about a portfolio. Create one on the dashboard first.
          </EmptyState>
        </div>
      )}
      {chosen !== undefined && (
        <div key={chosen.id} className="grid items-start gap-4 lg:grid-cols-[2fr_3fr]">
          <StartForm portfolioId={chosen.id} currency={chosen.base_currency} />
          <AnalysisList portfolioId={chosen.id} onOpen={onOpen} />
        </div>
      )}
      {openedId !== undefined && <AnalysisPanel analysisId={openedId} onClose={() => onOpen(undefined)} />}
    </div>
  );
}
