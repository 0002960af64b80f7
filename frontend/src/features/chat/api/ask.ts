import { useMutation, useQueryClient } from "@tanstack/react-query";

import { conversationKey } from "@/features/chat/api/conversation";
import { createConversation } from "@/features/chat/api/conversations";
import { startTurn } from "@/features/chat/api/turns";

type Question = {
  conversationId: string | undefined;
  text: string;
  parent?: string | undefined;
  model?: string | undefined;
  idempotencyKey: string;
};

/** Asks in a conversation, opening one first where there is none. Both writes hang on the same intent, so they share its key. */
export function useAsk() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: async ({ conversationId, text, parent, model, idempotencyKey }: Question) => {
      const id = conversationId ?? (await createConversation(idempotencyKey)).id;
      await startTurn(id, { text, parent, model }, idempotencyKey);
      return { conversationId: id };
    },
    onSuccess: ({ conversationId }) =>
      Promise.all([
        queryClient.invalidateQueries({ queryKey: conversationKey(conversationId) }),
        queryClient.invalidateQueries({ queryKey: ["conversations"] }),
      ]),
  });
}
