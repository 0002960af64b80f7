import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import type { Performance } from "@/features/portfolio/api/types";
import { api } from "@/lib/api/client";

/** Returns over (start, end]; without a start from the ledger's first day. */
export function performanceQuery(portfolioId: string, start: string | undefined, benchmark: string) {
  return queryOptions({
    queryKey: ["portfolio", portfolioId, "performance", start, benchmark],
    queryFn: ({ signal }) =>
      api<Performance>(`/api/stock/v1/portfolios/${portfolioId}/performance`, { query: { start, benchmark }, signal }),
    placeholderData: keepPreviousData,
  });
}
