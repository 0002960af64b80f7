import { infiniteQueryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import type { StoredDocument } from "@/features/documents/api/types";
import { api } from "@/lib/api/client";
import type { DocumentListOut } from "@/lib/api/gen/rag/types.gen";
import { live } from "@/lib/live";

const path = "/api/rag/v1/documents";

/** While something is on its way its state is asked for: rarely when the socket tells it too, often when not. */
const pollMs = { live: 5_000, alone: 1_500 } as const;

export function isSettled(document: StoredDocument): boolean {
  return document.state === "ready" || document.state === "failed";
}

export function documentsQuery() {
  return infiniteQueryOptions({
    queryKey: ["documents"],
    queryFn: ({ pageParam, signal }) =>
      api<DocumentListOut>(path, { query: { page_size: 100, page_token: pageParam }, signal }),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_page_token || undefined,
    select: (data) => data.pages.flatMap((page) => page.items),
    refetchInterval: ({ state }) => {
      const moving = state.data?.pages.some((page) => page.items.some((document) => !isSettled(document))) ?? false;
      if (!moving) return false;
      return live.getStatus() === "live" ? pollMs.live : pollMs.alone;
    },
  });
}

export function useDeleteDocument() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => api<undefined>(`${path}/${id}`, { method: "DELETE" }),
    onSuccess: () =>
      Promise.all([
        queryClient.invalidateQueries({ queryKey: ["documents"] }),
        queryClient.invalidateQueries({ queryKey: ["document-search"] }),
      ]),
  });
}
