import { queryOptions } from "@tanstack/react-query";

import { api } from "@/lib/api/client";
import type { ConversationWithTurns } from "@/lib/api/gen/chat/types.gen";

export function conversationKey(conversationId: string) {
  return ["conversation", conversationId] as const;
}

export function conversationQuery(conversationId: string) {
  return queryOptions({
    queryKey: conversationKey(conversationId),
    queryFn: ({ signal }) => api<ConversationWithTurns>(`/api/chat/v1/conversations/${conversationId}`, { signal }),
  });
}
