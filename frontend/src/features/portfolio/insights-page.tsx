import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { Choice } from "@/components/choice";
import { ErrorNote } from "@/components/error-note";
import { Spinner } from "@/components/spinner";
import type { Portfolio } from "@/features/portfolio/api/types";
import { ContributionCard } from "@/features/portfolio/contribution-card";
import { IncomeCard } from "@/features/portfolio/income-card";
import { MonthlyCard } from "@/features/portfolio/monthly-card";
import { PortfolioPage } from "@/features/portfolio/portfolio-page";
import { ranges, spanOf, type Range } from "@/features/portfolio/ranges";
import { RealisedCard } from "@/features/portfolio/realised-card";
import { XrayCard } from "@/features/portfolio/xray-card";
import { marketQuery } from "@/lib/api/market";

export function InsightsPage() {
  return <PortfolioPage title="Insights">{(portfolio) => <Insights portfolio={portfolio} />}</PortfolioPage>;
}

function Insights({ portfolio }: { portfolio: Portfolio }) {
  const [range, setRange] = useState<Range>("1y");
  const market = useQuery(marketQuery());
  if (market.isPending) return <Spinner label="Asking for the market's day" />;
  if (market.isError) return <ErrorNote error={market.error} onRetry={() => void market.refetch()} />;
  const span = spanOf(range, market.data.session);
  return (
    <div className="flex flex-col gap-4">
      <MonthlyCard portfolioId={portfolio.id} />
      <ContributionCard
        portfolioId={portfolio.id}
        span={span}
        choice={<Choice label="Range" value={range} options={ranges} onChange={setRange} />}
      />
      <XrayCard portfolio={portfolio} />
      <div className="grid items-start gap-4 xl:grid-cols-2">
        <IncomeCard portfolioId={portfolio.id} />
        <RealisedCard portfolioId={portfolio.id} marketDay={market.data.session} />
      </div>
    </div>
  );
}
