import { queryOptions } from "@tanstack/react-query";

import type { Turn } from "@/features/chat/api/types";
import { api } from "@/lib/api/client";
import type { NewTurn, StartedTurn } from "@/lib/api/gen/chat/types.gen";

function path(conversationId: string): string {
  return `/api/chat/v1/conversations/${conversationId}/turns`;
}

/** The whole turn, with what its tools answered. */
export function turnQuery(conversationId: string, turnId: string) {
  return queryOptions({
    queryKey: ["turn", conversationId, turnId],
    queryFn: ({ signal }) => api<Turn>(`${path(conversationId)}/${turnId}`, { signal }),
    // A turn that has ended never changes; one that runs is asked for again by whoever opens it.
    staleTime: ({ state }) => (state.data === undefined || state.data.state === "running" ? 0 : Infinity),
  });
}

/** `parent` is the turn to follow: undefined the conversation's last one, "" none. `model` undefined is the one of that turn. */
type Asked = { text: string; parent: string | undefined; model: string | undefined };

export function startTurn(
  conversationId: string,
  { text, parent, model }: Asked,
  idempotencyKey: string,
): Promise<StartedTurn> {
  const body: NewTurn = { text, parent_turn_id: parent ?? null, model: model ?? null };
  return api(path(conversationId), { method: "POST", body, idempotencyKey });
}

export function stopTurn(conversationId: string, turnId: string): Promise<unknown> {
  return api(`${path(conversationId)}/${turnId}:stop`, { method: "POST" });
}
