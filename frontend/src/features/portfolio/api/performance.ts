import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import type { Performance } from "@/features/portfolio/api/types";
import type { Span } from "@/features/portfolio/ranges";
import { api } from "@/lib/api/client";

/** Returns over (start, end]: from the close of its first day to the close of the market's. */
export function performanceQuery(portfolioId: string, span: Span, benchmark: string) {
  return queryOptions({
    queryKey: ["portfolio", portfolioId, "performance", span, benchmark],
    queryFn: ({ signal }) =>
      api<Performance>(`/api/stock/v1/portfolios/${portfolioId}/performance`, {
        query: { ...span, benchmark },
        signal,
      }),
    placeholderData: keepPreviousData,
  });
}
