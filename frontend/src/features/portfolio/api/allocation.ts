import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import type { Allocation } from "@/features/portfolio/api/types";
import { api } from "@/lib/api/client";

export type AllocationBy = "sector" | "symbol" | "currency" | "account";

export function allocationQuery(portfolioId: string, by: AllocationBy) {
  return queryOptions({
    queryKey: ["portfolio", portfolioId, "allocation", by],
    queryFn: ({ signal }) =>
      api<Allocation>(`/api/stock/v1/portfolios/${portfolioId}/allocation`, { query: { by }, signal }),
    placeholderData: keepPreviousData,
  });
}
