import { http, HttpResponse } from "msw";
import { expect, test } from "vitest";

import { readEvents, type StreamedEvent } from "@/lib/api/event-stream";
import { server } from "@/testing/server";

function stream(...chunks: string[]): HttpResponse<string> {
  return new HttpResponse(chunks.join(""), { headers: { "content-type": "text/event-stream" } });
}

function event(id: number, type: string, data: unknown): string {
  return `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
}

test("a cut stream is picked up after the last event seen", async () => {
  const asked: (string | null)[] = [];
  server.use(
    http.get("/api/events", ({ request }) => {
      asked.push(request.headers.get("last-event-id"));
      return asked.length === 1
        ? stream(": hello\n\n", event(1, "text.delta", { text: "a" }), event(2, "text.delta", { text: "b" }))
        : stream(event(3, "turn.completed", {}));
    }),
  );
  const seen: StreamedEvent[] = [];
  const interruptions: boolean[] = [];
  await readEvents({
    path: "/api/events",
    signal: new AbortController().signal,
    onInterruption: (cut) => interruptions.push(cut),
    onEvent: (streamed) => {
      seen.push(streamed);
      return streamed.type === "turn.completed";
    },
  });
  expect(asked).toEqual([null, "2"]);
  expect(seen.map(({ id }) => id)).toEqual(["1", "2", "3"]);
  expect(interruptions).toEqual([false, true, false]);
});

test("an answer that will not change by asking again is an error", async () => {
  server.use(http.get("/api/events", () => HttpResponse.json({ reason: "TURN_NOT_FOUND" }, { status: 404 })));
  const reading = readEvents({ path: "/api/events", signal: new AbortController().signal, onEvent: () => false });
  await expect(reading).rejects.toMatchObject({ reason: "TURN_NOT_FOUND" });
});
