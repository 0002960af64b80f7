import type { Problem } from "@/lib/api/api-error";
import type { Money } from "@/lib/money";

export type Conversation = { id: string; title: string; pinned: boolean; created_at: string; updated_at: string };

export type TurnState = "running" | "completed" | "stopped" | "failed";

/** `ok` and `duration_ms` are null while the tool runs; `result` comes with the whole turn only. */
export type ToolCall = {
  call_id: string;
  name: string;
  arguments: unknown;
  ok: boolean | null;
  duration_ms: number | null;
  summary: string;
  result?: unknown;
};

export type ReceiptStatus = "matched" | "derived" | "unmatched";

/** One figure of the final text; the span counts Unicode code points, its end excluded. */
export type Receipt = {
  span: [start: number, end: number];
  value: string;
  status: ReceiptStatus;
  call_id: string | null;
  path: string | null;
};

export type Citation = { index: number; document_id: string; page: number | null; quote: string };

export type Usage = { model: string; input_tokens: number; output_tokens: number; cost: Money | null };

export type Turn = {
  id: string;
  state: TurnState;
  question: string;
  text: string;
  tool_calls: ToolCall[];
  receipts: Receipt[];
  citations: Citation[];
  usage: Usage | null;
  problem: Problem | null;
  attempt: number;
};

export type ConversationWithTurns = Conversation & { turns: Turn[] };
