import type { Citation, Proposal, Receipt, ToolCall, Turn, Usage } from "@/features/chat/api/types";
import type { StreamedEvent } from "@/lib/api/event-stream";

/** What of a turn an answer is shown from. */
export type AnswerData = Pick<
  Turn,
  | "state"
  | "text"
  | "tool_calls"
  | "proposals"
  | "receipts"
  | "citations"
  | "replaced"
  | "usage"
  | "problem"
  | "attempt"
>;

/** A turn as its events tell it so far. */
export type LiveTurn = AnswerData & { lastEventId: number };

export function newLiveTurn(): LiveTurn {
  return {
    state: "running",
    text: "",
    tool_calls: [],
    proposals: [],
    receipts: [],
    citations: [],
    replaced: null,
    usage: null,
    problem: null,
    attempt: 1,
    lastEventId: 0,
  };
}

/** Takes one event. Events seen before are passed over, so a stream picked up too early does no harm. */
export function takeEvent(turn: LiveTurn, event: StreamedEvent): LiveTurn {
  const id = Number.parseInt(event.id, 10);
  if (!Number.isNaN(id) && id <= turn.lastEventId) return turn;
  const next = { ...turn, lastEventId: Number.isNaN(id) ? turn.lastEventId : id };
  const data = event.data as Record<string, unknown>;
  switch (event.type) {
    case "turn.restarted":
      return {
        ...newLiveTurn(),
        lastEventId: next.lastEventId,
        attempt: (data["attempt"] as number | undefined) ?? turn.attempt + 1,
      };
    case "text.delta":
      return { ...next, text: next.text + (data["text"] as string) };
    case "tool.started": {
      const started = data as Pick<ToolCall, "call_id" | "name" | "arguments">;
      return { ...next, tool_calls: [...next.tool_calls, { ...started, ok: null, duration_ms: null, summary: "" }] };
    }
    case "tool.finished": {
      const finished = data as Pick<ToolCall, "call_id" | "ok" | "duration_ms" | "summary">;
      return {
        ...next,
        tool_calls: next.tool_calls.map((call) =>
          call.call_id === finished.call_id ? { ...call, ...finished } : call,
        ),
      };
    }
    case "tool.cut": {
      const cut = data as Pick<ToolCall, "call_id" | "left_out_bytes">;
      return {
        ...next,
        tool_calls: next.tool_calls.map((call) =>
          call.call_id === cut.call_id ? { ...call, left_out_bytes: cut.left_out_bytes ?? null } : call,
        ),
      };
    }
    case "proposal":
      return { ...next, proposals: [...next.proposals, data as Proposal] };
    case "receipt":
      return { ...next, receipts: [...next.receipts, data as Receipt] };
    case "citation":
      return { ...next, citations: [...next.citations, data as Citation] };
    case "model.replaced":
      return { ...next, replaced: data as Turn["replaced"] };
    case "usage":
      return { ...next, usage: data as Usage };
    case "turn.completed":
      return { ...next, state: "completed" };
    case "turn.stopped":
      return { ...next, state: "stopped" };
    case "turn.failed":
      return { ...next, state: "failed", problem: data["problem"] as Turn["problem"] };
    default:
      return next;
  }
}
