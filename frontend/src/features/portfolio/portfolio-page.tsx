import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState, type ReactNode } from "react";

import { Button } from "@/components/button";
import { EmptyState } from "@/components/empty-state";
import { ErrorNote } from "@/components/error-note";
import { Spinner } from "@/components/spinner";
import { portfoliosQuery } from "@/lib/api/portfolios";
import type { Portfolio } from "@/features/portfolio/api/types";
import { NewPortfolioDialog } from "@/features/portfolio/new-portfolio-dialog";
import { useChosenPortfolio } from "@/features/portfolio/use-chosen-portfolio";

type Props = { title: string; children: (portfolio: Portfolio) => ReactNode };

/** A page about one portfolio: its title, the choice of the portfolio, and a way to the first one. */
export function PortfolioPage({ title, children }: Props) {
  const portfolios = useQuery(portfoliosQuery());
  const [chosenId, choose] = useChosenPortfolio();
  const [creating, setCreating] = useState(false);
  const items = portfolios.data ?? [];
  const chosen = items.find((portfolio) => portfolio.id === chosenId) ?? items[0];

  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center gap-3">
        <h1 className="mr-auto text-xl font-semibold">{title}</h1>
        {chosen !== undefined && (
          <>
            <label htmlFor="portfolio-picker" className="sr-only">
              Portfolio
            </label>
            <select
              id="portfolio-picker"
              value={chosen.id}
              onChange={(event) => choose(event.target.value)}
              className="min-w-0 rounded-lg border border-line bg-surface px-3 py-2 text-sm font-medium"
            >
              {items.map((portfolio) => (
                <option key={portfolio.id} value={portfolio.id}>
                  {portfolio.name} ({portfolio.base_currency})
                </option>
              ))}
            </select>
            <Button onClick={() => setCreating(true)}>
              <Plus aria-hidden className="size-4" />
              New portfolio
            </Button>
          </>
        )}
      </div>
      {portfolios.isPending && <Spinner label="Loading your portfolios" />}
      {portfolios.isError && <ErrorNote error={portfolios.error} onRetry={() => void portfolios.refetch()} />}
      {portfolios.isSuccess && chosen === undefined && (
        <div className="rounded-xl border border-dashed border-line">
          <EmptyState title="You have no portfolio yet">
            <p className="mb-4">
              A portfolio is a ledger of what you bought, sold and paid in. Create one, add the first entries, and every
              figure here is computed from them.
            </p>
            <Button variant="primary" onClick={() => setCreating(true)}>
              Create a portfolio
            </Button>
          </EmptyState>
        </div>
      )}
      {chosen !== undefined && <div key={chosen.id}>{children(chosen)}</div>}
      {creating && (
        <NewPortfolioDialog
          onClose={() => setCreating(false)}
          onCreated={(portfolio) => {
            choose(portfolio.id);
            setCreating(false);
          }}
        />
      )}
    </div>
  );
}
