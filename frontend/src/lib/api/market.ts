import { queryOptions } from "@tanstack/react-query";

import { api } from "@/lib/api/client";
import type { MarketModel } from "@/lib/api/gen/stock/types.gen";

export function marketQuery() {
  return queryOptions({
    queryKey: ["market"],
    queryFn: ({ signal }) => api<MarketModel>("/api/stock/v1/market", { signal }),
    staleTime: 60_000,
    refetchInterval: 60_000,
  });
}
