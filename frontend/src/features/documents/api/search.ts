import { queryOptions } from "@tanstack/react-query";

import type { SearchHit } from "@/features/documents/api/types";
import { api } from "@/lib/api/client";

export function searchQuery(query: string) {
  return queryOptions({
    queryKey: ["document-search", query],
    queryFn: ({ signal }) =>
      api<{ hits: SearchHit[] }>("/api/rag/v1/search", { method: "POST", body: { query, top_k: 8 }, signal }),
    enabled: query !== "",
    staleTime: 60_000,
  });
}
