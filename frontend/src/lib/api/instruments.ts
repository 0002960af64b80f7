import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { api } from "@/lib/api/client";
import type { InstrumentList } from "@/lib/api/gen/stock/types.gen";

export function instrumentsQuery(query: string) {
  return queryOptions({
    queryKey: ["instruments", query],
    queryFn: ({ signal }) =>
      api<InstrumentList>("/api/stock/v1/instruments", { query: { query, page_size: 8 }, signal }),
    select: (page) => page.items,
    enabled: query.length > 0,
    staleTime: 600_000,
    placeholderData: keepPreviousData,
  });
}
