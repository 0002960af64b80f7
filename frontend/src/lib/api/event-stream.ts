import { createParser, type EventSourceMessage } from "eventsource-parser";

import { isTransient } from "@/lib/api/api-error";
import { send } from "@/lib/api/client";

export type StreamedEvent = { id: string; type: string; data: unknown };

type Options = {
  path: string;
  /** Continue after this event; undefined starts at the first. */
  lastEventId?: string | undefined;
  /** Gives true when the event was the last one of the stream. */
  onEvent: (event: StreamedEvent) => boolean;
  /** Told whether the stream is cut and about to be picked up again. */
  onInterruption?: (interrupted: boolean) => void;
  signal: AbortSignal;
};

const firstPauseMs = 250;
const longestPauseMs = 5_000;

/**
 * Reads a resumable event stream to its terminal event. The browser's EventSource cannot send an Authorization header, so
 * this reads the body of a fetch, and after a cut asks again with the id of the last event it has seen.
 */
export async function readEvents({ path, lastEventId, onEvent, onInterruption, signal }: Options): Promise<void> {
  let lastId = lastEventId;
  let pauseMs = firstPauseMs;
  for (;;) {
    try {
      const headers: Record<string, string> = { accept: "text/event-stream" };
      if (lastId !== undefined) headers["last-event-id"] = lastId;
      const response = await send(path, { headers, signal });
      onInterruption?.(false);
      const finished = await drain(response, signal, (message) => {
        if (message.id !== undefined) lastId = message.id;
        pauseMs = firstPauseMs;
        return onEvent({ id: message.id ?? "", type: message.event ?? "message", data: parse(message.data) });
      });
      if (finished) return;
    } catch (error) {
      if (signal.aborted) return;
      if (!isTransient(error) && !(error instanceof TypeError)) throw error;
    }
    if (signal.aborted) return;
    onInterruption?.(true);
    await pause(pauseMs, signal);
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  }
}

async function drain(
  response: Response,
  signal: AbortSignal,
  onMessage: (message: EventSourceMessage) => boolean,
): Promise<boolean> {
  if (response.body === null) return false;
  const progress = { finished: false };
  const parser = createParser({
    onEvent: (message) => {
      if (!progress.finished && !signal.aborted) progress.finished = onMessage(message);
    },
  });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (value !== undefined) parser.feed(value);
      if (progress.finished) return true;
      if (done) return false;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data) as unknown;
  } catch {
    return data;
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
