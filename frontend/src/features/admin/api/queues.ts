import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { api } from "@/lib/api/client";
import type { DeadLetterList, QueueList, RedriveAnswer } from "@/lib/api/gen/admin/types.gen";

const path = "/api/admin/v1/queues";

export function queuesQuery() {
  return queryOptions({
    queryKey: ["admin", "queues"],
    queryFn: ({ signal }) => api<QueueList>(path, { signal }),
    select: (page) => page.items,
    refetchInterval: 5_000,
  });
}

export function deadLettersQuery(queue: string) {
  return queryOptions({
    queryKey: ["admin", "dead-letters", queue],
    queryFn: ({ signal }) => api<DeadLetterList>(`${path}/${queue}/dead-letters`, { signal }),
    select: (page) => page.items,
  });
}

/** Sends a queue's dead letters back to be tried again. */
export function useRedrive() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: ({ queue, idempotencyKey }: { queue: string; idempotencyKey: string }) =>
      api<RedriveAnswer>(`${path}/${queue}/dead-letters:redrive`, { method: "POST", idempotencyKey }),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ["admin"] }),
  });
}
