import { useMutation, useQueryClient } from "@tanstack/react-query";
import { BellPlus, Check, ClipboardCheck, type LucideIcon, Undo2, X } from "lucide-react";

import { Button } from "@/components/button";
import { ErrorNote } from "@/components/error-note";
import { conversationKey } from "@/features/chat/api/conversation";
import { decide, type Decision } from "@/features/chat/api/proposals";
import type { Proposal } from "@/features/chat/api/types";

type Props = { conversationId: string; proposal: Proposal };

type Outcomes = Record<NonNullable<Proposal["state"]>, string>;

const ledger: Outcomes = {
  open: "Nothing has been written yet.",
  approving: "Being written. If this lasts, approve it again: it is written once.",
  approved: "Written to your ledger.",
  rejected: "You rejected this; nothing was written.",
  undone: "Written, then taken back.",
};
/** What became of a proposal in the words of its kind; kinds this page does not know yet speak as entries do. */
const kinds: Record<string, { outcomes: Outcomes; icon: LucideIcon }> = {
  propose_transaction: { outcomes: ledger, icon: ClipboardCheck },
  propose_watch: {
    outcomes: {
      open: "No alert has been set yet.",
      approving: "Being set. If this lasts, approve it again: it is set once.",
      approved: "The alert is set; it stands under Alerts.",
      rejected: "You rejected this; no alert was set.",
      undone: "The alert was set, then removed.",
    },
    icon: BellPlus,
  },
};
const entry = { outcomes: { ...ledger, approved: "Written." }, icon: ClipboardCheck };

/** Something a tool wants to write. It happens when the user approves it, once, and can be taken back. */
export function ProposalCard({ conversationId, proposal }: Props) {
  const queryClient = useQueryClient();
  const decision = useMutation({
    mutationFn: (wanted: Decision) => decide(conversationId, proposal.id, wanted),
    onSettled: () =>
      Promise.all([
        queryClient.invalidateQueries({ queryKey: conversationKey(conversationId) }),
        queryClient.invalidateQueries({ queryKey: ["portfolio"] }),
        queryClient.invalidateQueries({ queryKey: ["alerts"] }),
      ]),
  });
  const state = decision.data?.state ?? proposal.state ?? "open";
  const waiting = state === "open" || state === "approving";
  const { outcomes, icon: Icon } = kinds[proposal.tool] ?? entry;
  return (
    <li className="flex flex-col gap-2 rounded-lg border border-accent/40 p-3 text-sm">
      <p className="flex items-start gap-2 font-medium">
        <Icon aria-hidden className="mt-0.5 size-4 shrink-0 text-accent" />
        {proposal.summary}
      </p>
      <p role="status" className="text-xs text-muted">
        {outcomes[state]}
      </p>
      {decision.isError && <ErrorNote error={decision.error} />}
      <div className="flex gap-2">
        {waiting && (
          <>
            <Button size="small" disabled={decision.isPending} onClick={() => decision.mutate("approve")}>
              <Check aria-hidden className="size-3.5" />
              Approve
            </Button>
            <Button size="small" disabled={decision.isPending} onClick={() => decision.mutate("reject")}>
              <X aria-hidden className="size-3.5" />
              Reject
            </Button>
          </>
        )}
        {state === "approved" && (
          <Button size="small" disabled={decision.isPending} onClick={() => decision.mutate("undo")}>
            <Undo2 aria-hidden className="size-3.5" />
            Undo
          </Button>
        )}
      </div>
    </li>
  );
}
