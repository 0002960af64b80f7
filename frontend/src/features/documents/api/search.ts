import { queryOptions } from "@tanstack/react-query";

import { api } from "@/lib/api/client";
import type { SearchIn, SearchOut } from "@/lib/api/gen/rag/types.gen";

export function searchQuery(query: string) {
  return queryOptions({
    queryKey: ["document-search", query],
    queryFn: ({ signal }) =>
      api<SearchOut>("/api/rag/v1/search", { method: "POST", body: { query, top_k: 8 } satisfies SearchIn, signal }),
    enabled: query !== "",
    staleTime: 60_000,
  });
}
