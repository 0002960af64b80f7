import { queryOptions } from "@tanstack/react-query";

import type { Holdings } from "@/features/portfolio/api/types";
import { api } from "@/lib/api/client";

export function holdingsQuery(portfolioId: string) {
  return queryOptions({
    queryKey: ["portfolio", portfolioId, "holdings"],
    queryFn: ({ signal }) => api<Holdings>(`/api/stock/v1/portfolios/${portfolioId}/holdings`, { signal }),
  });
}

/** The open lots of a symbol in an account at the end of a day. */
export function lotsQuery(portfolioId: string, day: string, symbol: string, accountId: string) {
  return queryOptions({
    queryKey: ["portfolio", portfolioId, "lots", day],
    queryFn: ({ signal }) =>
      api<Holdings>(`/api/stock/v1/portfolios/${portfolioId}/holdings`, { query: { as_of: day }, signal }),
    select: ({ items }) =>
      items
        .filter((holding) => holding.symbol === symbol)
        .flatMap((holding) => holding.lots)
        .filter((lot) => lot.account_id === accountId),
    enabled: symbol !== "" && day !== "",
  });
}
