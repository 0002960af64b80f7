import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import type { Risk } from "@/features/portfolio/api/types";
import type { Span } from "@/features/portfolio/ranges";
import { api } from "@/lib/api/client";

export function riskQuery(portfolioId: string, span: Span, benchmark: string) {
  return queryOptions({
    queryKey: ["portfolio", portfolioId, "risk", span, benchmark],
    queryFn: ({ signal }) =>
      api<Risk>(`/api/stock/v1/portfolios/${portfolioId}/risk`, { query: { ...span, benchmark }, signal }),
    placeholderData: keepPreviousData,
  });
}
