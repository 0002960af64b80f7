import { queryOptions } from "@tanstack/react-query";

import type { ConversationWithTurns } from "@/features/chat/api/types";
import { api } from "@/lib/api/client";

export function conversationKey(conversationId: string) {
  return ["conversation", conversationId] as const;
}

export function conversationQuery(conversationId: string) {
  return queryOptions({
    queryKey: conversationKey(conversationId),
    queryFn: ({ signal }) => api<ConversationWithTurns>(`/api/chat/v1/conversations/${conversationId}`, { signal }),
  });
}
