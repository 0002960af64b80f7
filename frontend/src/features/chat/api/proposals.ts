import type { Proposal } from "@/features/chat/api/types";
import { api } from "@/lib/api/client";

export type Decision = "approve" | "reject" | "undo";

export function decide(conversationId: string, proposalId: string, decision: Decision): Promise<Proposal> {
  return api(`/api/chat/v1/conversations/${conversationId}/proposals/${proposalId}:${decision}`, { method: "POST" });
}
