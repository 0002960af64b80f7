import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import type { DocumentPage } from "@/features/documents/api/types";
import { api } from "@/lib/api/client";

export function pageQuery(documentId: string, page: number) {
  return queryOptions({
    queryKey: ["document-page", documentId, page],
    queryFn: ({ signal }) => api<DocumentPage>(`/api/rag/v1/documents/${documentId}/pages/${page}`, { signal }),
    placeholderData: keepPreviousData,
    staleTime: 300_000,
  });
}
