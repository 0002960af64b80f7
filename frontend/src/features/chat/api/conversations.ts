import { infiniteQueryOptions, keepPreviousData, useMutation, useQueryClient } from "@tanstack/react-query";

import { conversationKey } from "@/features/chat/api/conversation";
import type { Conversation } from "@/features/chat/api/types";
import { api } from "@/lib/api/client";
import type { ConversationChange, ConversationPage, NewConversation } from "@/lib/api/gen/chat/types.gen";

const path = "/api/chat/v1/conversations";

/** The caller's conversations, the one changed last first; `search` is looked for in what was asked and answered. */
export function conversationsQuery(search: string) {
  return infiniteQueryOptions({
    queryKey: ["conversations", search],
    queryFn: ({ pageParam, signal }) =>
      api<ConversationPage>(path, { query: { query: search, page_size: 50, page_token: pageParam }, signal }),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_page_token || undefined,
    select: (data) => data.pages.flatMap((page) => page.items),
    placeholderData: keepPreviousData,
  });
}

export function createConversation(idempotencyKey: string): Promise<Conversation> {
  return api(path, { method: "POST", body: {} satisfies NewConversation, idempotencyKey });
}

export function useUpdateConversation() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: ({ id, ...change }: ConversationChange & { id: string }) =>
      api<Conversation>(`${path}/${id}`, { method: "PATCH", body: change }),
    onSuccess: (_, { id }) =>
      Promise.all([
        queryClient.invalidateQueries({ queryKey: ["conversations"] }),
        queryClient.invalidateQueries({ queryKey: conversationKey(id) }),
      ]),
  });
}

export function useDeleteConversation() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => api<undefined>(`${path}/${id}`, { method: "DELETE" }),
    onSuccess: (_, id) => {
      queryClient.removeQueries({ queryKey: conversationKey(id) });
      return queryClient.invalidateQueries({ queryKey: ["conversations"] });
    },
  });
}
