import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import type { Risk } from "@/features/portfolio/api/types";
import { api } from "@/lib/api/client";

export function riskQuery(portfolioId: string, start: string | undefined, benchmark: string) {
  return queryOptions({
    queryKey: ["portfolio", portfolioId, "risk", start, benchmark],
    queryFn: ({ signal }) =>
      api<Risk>(`/api/stock/v1/portfolios/${portfolioId}/risk`, { query: { start, benchmark }, signal }),
    placeholderData: keepPreviousData,
  });
}
