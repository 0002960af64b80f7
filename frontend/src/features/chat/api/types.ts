import type {
  CitationBody,
  ConversationBody,
  ProposalBody,
  ReceiptBody,
  ToolCallBody,
  TurnBody,
  UsageBody,
} from "@/lib/api/gen/chat/types.gen";

export type Conversation = ConversationBody;
export type Turn = TurnBody;
/** `ok` and `duration_ms` are null while the tool runs; `result` comes with the whole turn only. */
export type ToolCall = ToolCallBody;
/** One figure of the final text; the span counts Unicode code points, its end excluded. */
export type Receipt = ReceiptBody;
/** What a tool would write once the user approves it; without a state it has just been made and is open. */
export type Proposal = ProposalBody;
export type Citation = CitationBody;
export type Usage = UsageBody;
