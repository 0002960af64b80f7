import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { api } from "@/lib/api/client";
import type { CreatedShare, NewShare, ShareList, SharedConversation } from "@/lib/api/gen/chat/types.gen";

function path(conversationId: string): string {
  return `/api/chat/v1/conversations/${conversationId}/shares`;
}

export function sharesQuery(conversationId: string) {
  return queryOptions({
    queryKey: ["shares", conversationId],
    queryFn: ({ signal }) => api<ShareList>(path(conversationId), { signal }),
  });
}

export function useShare(conversationId: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (expiresInDays: number) =>
      api<CreatedShare>(path(conversationId), {
        method: "POST",
        body: { expires_in_days: expiresInDays } satisfies NewShare,
      }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["shares", conversationId] }),
  });
}

export function useRevokeShare(conversationId: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (shareId: string) => api<undefined>(`${path(conversationId)}/${shareId}`, { method: "DELETE" }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["shares", conversationId] }),
  });
}

/** What a link shows; asked without signing in, the token in a header so that no log has it. */
export function sharedQuery(token: string) {
  return queryOptions({
    queryKey: ["shared", token],
    queryFn: ({ signal }) =>
      api<SharedConversation>("/api/chat/v1/shared", { anonymous: true, headers: { "share-token": token }, signal }),
    retry: false,
  });
}
