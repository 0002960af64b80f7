import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { conversationKey } from "@/features/chat/api/conversation";
import { newLiveTurn, takeEvent, type LiveTurn } from "@/features/chat/turn-events";
import { readEvents } from "@/lib/api/event-stream";

/** Deltas are shown together at this pace: a render for each would cost more than the reader can see. */
const showEveryMs = 40;

export type TurnStream = { turn: LiveTurn; interrupted: boolean; error: unknown };

/**
 * Follows a turn, while it runs, from its first event. Reading starts at the beginning each time this mounts, so a reload or a
 * return to the conversation shows the answer from its first word and goes on with it.
 */
export function useTurnStream(conversationId: string, turnId: string, running: boolean): TurnStream {
  const queryClient = useQueryClient();
  const [turn, setTurn] = useState(newLiveTurn);
  const [interrupted, setInterrupted] = useState(false);
  const [error, setError] = useState<unknown>();

  useEffect(() => {
    if (!running) return undefined;
    const abort = new AbortController();
    let current = newLiveTurn();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const show = () => {
      timer = undefined;
      setTurn(current);
    };
    const follow = async () => {
      try {
        await readEvents({
          path: `/api/chat/v1/conversations/${conversationId}/turns/${turnId}/events`,
          signal: abort.signal,
          onInterruption: setInterrupted,
          onEvent: (event) => {
            current = takeEvent(current, event);
            timer ??= setTimeout(show, showEveryMs);
            return current.state !== "running";
          },
        });
        clearTimeout(timer);
        if (abort.signal.aborted) return;
        show();
        // The stored turn takes over from the stream, with what only it has: the tools' results.
        await queryClient.invalidateQueries({ queryKey: conversationKey(conversationId) });
        await queryClient.invalidateQueries({ queryKey: ["conversations"] });
      } catch (caught) {
        if (!abort.signal.aborted) setError(caught);
      }
    };
    void follow();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [conversationId, turnId, running, queryClient]);

  return { turn, interrupted, error };
}
