import { queryOptions } from "@tanstack/react-query";

import { api } from "@/lib/api/client";
import type { PortfolioPage } from "@/lib/api/gen/stock/types.gen";

/** The caller's portfolios. */
export function portfoliosQuery() {
  return queryOptions({
    queryKey: ["portfolios"],
    queryFn: ({ signal }) => api<PortfolioPage>("/api/stock/v1/portfolios", { query: { page_size: 500 }, signal }),
    select: (page) => page.items,
  });
}
