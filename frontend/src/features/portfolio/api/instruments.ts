import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { api } from "@/lib/api/client";
import type { PageOf } from "@/lib/api/types";

type Instrument = { symbol: string; name: string };

export function instrumentsQuery(query: string) {
  return queryOptions({
    queryKey: ["instruments", query],
    queryFn: ({ signal }) =>
      api<PageOf<Instrument>>("/api/stock/v1/instruments", { query: { query, page_size: 8 }, signal }),
    select: (page) => page.items,
    enabled: query.length > 0,
    staleTime: 600_000,
    placeholderData: keepPreviousData,
  });
}
