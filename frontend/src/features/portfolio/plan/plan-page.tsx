import { OptimiseCard } from "@/features/portfolio/plan/optimise-card";
import { ProjectionCard } from "@/features/portfolio/plan/projection-card";
import { RebalanceCard } from "@/features/portfolio/plan/rebalance-card";
import { TargetsCard } from "@/features/portfolio/plan/targets-card";
import { WhatIfCard } from "@/features/portfolio/plan/what-if-card";
import { PortfolioPage } from "@/features/portfolio/portfolio-page";

/** What could be done with a portfolio. Nothing here trades, and only targets are stored. */
export function PlanPage() {
  return (
    <PortfolioPage title="Plan">
      {(portfolio) => (
        <div className="grid items-start gap-4 xl:grid-cols-2">
          <TargetsCard portfolio={portfolio} />
          <RebalanceCard portfolio={portfolio} />
          <WhatIfCard portfolio={portfolio} />
          <OptimiseCard portfolio={portfolio} />
          <ProjectionCard portfolio={portfolio} />
        </div>
      )}
    </PortfolioPage>
  );
}
