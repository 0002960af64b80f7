import { queryOptions } from "@tanstack/react-query";

import type { Holdings } from "@/features/portfolio/api/types";
import { api } from "@/lib/api/client";

export function holdingsQuery(portfolioId: string) {
  return queryOptions({
    queryKey: ["portfolio", portfolioId, "holdings"],
    queryFn: ({ signal }) => api<Holdings>(`/api/stock/v1/portfolios/${portfolioId}/holdings`, { signal }),
  });
}
