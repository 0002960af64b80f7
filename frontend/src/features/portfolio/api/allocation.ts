import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import type { Allocation } from "@/features/portfolio/api/types";
import { api } from "@/lib/api/client";
import type { AllocationBy } from "@/lib/api/gen/stock/types.gen";

export function allocationQuery(portfolioId: string, by: AllocationBy) {
  return queryOptions({
    queryKey: ["portfolio", portfolioId, "allocation", by],
    queryFn: ({ signal }) =>
      api<Allocation>(`/api/stock/v1/portfolios/${portfolioId}/allocation`, { query: { by }, signal }),
    placeholderData: keepPreviousData,
  });
}
