import { useMutation } from "@tanstack/react-query";

import { api } from "@/lib/api/client";
import type { RerunBody } from "@/lib/api/gen/chat/types.gen";

export function useRerun(conversationId: string, turnId: string) {
  return useMutation({
    mutationFn: (idempotencyKey: string) =>
      api<RerunBody>(`/api/chat/v1/conversations/${conversationId}/turns/${turnId}:rerun`, {
        method: "POST",
        idempotencyKey,
      }),
  });
}
