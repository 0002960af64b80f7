import { queryOptions } from "@tanstack/react-query";

import { api } from "@/lib/api/client";
import type { MarketStatus } from "@/lib/api/types";

export function marketQuery() {
  return queryOptions({
    queryKey: ["market"],
    queryFn: ({ signal }) => api<MarketStatus>("/api/stock/v1/market", { signal }),
    staleTime: 60_000,
    refetchInterval: 60_000,
  });
}
