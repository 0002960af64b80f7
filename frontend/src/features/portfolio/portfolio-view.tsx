import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";

import { ErrorNote } from "@/components/error-note";
import { Spinner } from "@/components/spinner";
import { AllocationCard } from "@/features/portfolio/allocation-card";
import { holdingsQuery } from "@/features/portfolio/api/holdings";
import { performanceQuery } from "@/features/portfolio/api/performance";
import { riskQuery } from "@/features/portfolio/api/risk";
import type { Holdings, Portfolio } from "@/features/portfolio/api/types";
import { HoldingsCard } from "@/features/portfolio/holdings-card";
import { PerformanceCard } from "@/features/portfolio/performance-card";
import { spanOf, type Range } from "@/features/portfolio/ranges";
import { ReturnsCard } from "@/features/portfolio/returns-card";
import { RiskCard } from "@/features/portfolio/risk-card";
import { TransactionsCard } from "@/features/portfolio/transactions-card";
import { ValueCard } from "@/features/portfolio/value-card";
import { useLiveMessage } from "@/hooks/use-live";
import { live } from "@/lib/live";

const benchmark = "SPY";

/** Everything about one portfolio. The day of the valuation, which the holdings tell, anchors the ranges. */
export function PortfolioView({ portfolio }: { portfolio: Portfolio }) {
  const holdings = useQuery(holdingsQuery(portfolio.id));
  useLivePrices(portfolio.id, holdings.data);
  if (holdings.isPending) return <Spinner label="Valuing the portfolio" />;
  if (holdings.isError) return <ErrorNote error={holdings.error} onRetry={() => void holdings.refetch()} />;
  return <ValuedPortfolio portfolio={portfolio} holdings={holdings.data} />;
}

function ValuedPortfolio({ portfolio, holdings }: { portfolio: Portfolio; holdings: Holdings }) {
  const [range, setRange] = useState<Range>("ytd");
  const span = spanOf(range, holdings.as_of);
  const performance = useQuery(performanceQuery(portfolio.id, span, benchmark));
  const risk = useQuery(riskQuery(portfolio.id, span, benchmark));
  const trail = (figure: string) => ({ portfolioId: portfolio.id, figure, query: { ...span, benchmark } });
  return (
    <div className="grid gap-4 lg:grid-cols-3">
      <div className="flex min-w-0 flex-col gap-4 lg:col-span-1">
        <ValueCard holdings={holdings} />
        <ReturnsCard performance={performance} range={range} trail={trail} />
      </div>
      <div className="flex min-w-0 flex-col lg:col-span-2">
        <PerformanceCard performance={performance} range={range} onRange={setRange} />
      </div>
      <div className="min-w-0 lg:col-span-3">
        <HoldingsCard portfolio={portfolio} holdings={holdings} />
      </div>
      <div className="min-w-0 lg:col-span-3">
        <RiskCard risk={risk} range={range} trail={trail} />
      </div>
      <div className="min-w-0 lg:order-last">
        <AllocationCard portfolioId={portfolio.id} />
      </div>
      <div className="min-w-0 lg:col-span-2">
        <TransactionsCard portfolio={portfolio} marketDay={holdings.as_of} />
      </div>
    </div>
  );
}

const revaluationPauseMs = 5_000;

/** Asks for the held symbols' quotes and values again, at most every few seconds, when one has moved. */
function useLivePrices(portfolioId: string, holdings: Holdings | undefined): void {
  const queryClient = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const symbols =
    holdings?.items
      .map((holding) => holding.symbol)
      .sort()
      .join(" ") ?? "";
  useEffect(() => (symbols === "" ? undefined : live.watch(symbols.split(" "))), [symbols]);
  useEffect(() => () => clearTimeout(timer.current), []);
  useLiveMessage("quote", (message) => {
    const holding = holdings?.items.find((item) => item.symbol === message["symbol"]);
    const price = message["price"] as { amount?: string } | undefined;
    if (holding === undefined || price?.amount === holding.price?.amount || timer.current !== undefined) return;
    timer.current = setTimeout(() => {
      timer.current = undefined;
      void queryClient.invalidateQueries({ queryKey: ["portfolio", portfolioId, "holdings"] });
    }, revaluationPauseMs);
  });
}
