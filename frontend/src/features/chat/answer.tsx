import { RotateCcw, Square, TriangleAlert } from "lucide-react";
import { useState, type ReactNode } from "react";

import { Button } from "@/components/button";
import { ErrorNote } from "@/components/error-note";
import { AnswerText } from "@/features/chat/answer-text";
import type { Citation, Receipt } from "@/features/chat/api/types";
import { ProposalCard } from "@/features/chat/proposal-card";
import { doubtsOf, goneNote } from "@/features/chat/quote-state";
import { ReceiptPanel } from "@/features/chat/receipt-panel";
import { RerunButton } from "@/features/chat/rerun-button";
import { ToolCard } from "@/features/chat/tool-card";
import type { AnswerData } from "@/features/chat/turn-events";
import { ApiError } from "@/lib/api/api-error";
import { formatMoney } from "@/lib/money";

type Props = {
  conversationId: string;
  turnId: string;
  question: string;
  answer: AnswerData;
  /** Shown under the text while the turn runs. */
  progress?: ReactNode;
  onAskAgain: () => void;
  onOpenDocument: (documentId: string, page: number | null) => void;
};

export function Answer({ conversationId, turnId, question, answer, progress, onAskAgain, onOpenDocument }: Props) {
  const [opened, setOpened] = useState<Receipt>();
  const openCitation = (citation: Citation) => onOpenDocument(citation.document_id, citation.page);
  return (
    <article
      aria-label={`Answer to: ${question}`}
      aria-busy={answer.state === "running"}
      className="flex flex-col gap-3"
    >
      {answer.tool_calls.length > 0 && (
        <ul aria-label="Tools used" className="flex flex-col gap-1.5">
          {answer.tool_calls.map((call) => (
            <ToolCard key={call.call_id} conversationId={conversationId} turnId={turnId} call={call} />
          ))}
        </ul>
      )}
      {answer.replaced !== null && (
        <p role="note" className="rounded-lg bg-warn-soft px-3 py-2 text-xs text-warn">
          {answer.replaced.model} answers: {answer.replaced.instead_of} did not ({answer.replaced.problem.detail}).
        </p>
      )}
      {answer.text !== "" && (
        <AnswerText
          text={answer.text}
          receipts={answer.receipts}
          citations={answer.citations}
          onReceipt={setOpened}
          onCitation={openCitation}
        />
      )}
      {answer.proposals.length > 0 && (
        <ul aria-label="Proposals" className="flex flex-col gap-2">
          {answer.proposals.map((proposal) => (
            <ProposalCard key={proposal.id} conversationId={conversationId} proposal={proposal} />
          ))}
        </ul>
      )}
      {progress}
      {answer.state === "stopped" && (
        <p className="flex items-center gap-2 text-sm text-muted">
          <Square aria-hidden className="size-3.5" /> You stopped this answer.
        </p>
      )}
      {answer.state === "failed" && (
        <div className="flex flex-col items-start gap-2">
          <ErrorNote error={new ApiError(0, answer.problem ?? { detail: "The answer failed." })} />
          <Button size="small" onClick={onAskAgain}>
            <RotateCcw aria-hidden className="size-3.5" />
            Ask again
          </Button>
        </div>
      )}
      {answer.citations.length > 0 && <Citations citations={answer.citations} onOpen={openCitation} />}
      {answer.state !== "running" && <Footer answer={answer} />}
      {answer.state !== "running" && answer.tool_calls.some((call) => call.ok) && (
        <RerunButton conversationId={conversationId} turnId={turnId} />
      )}
      {opened !== undefined && (
        <ReceiptPanel
          conversationId={conversationId}
          turnId={turnId}
          receipt={opened}
          onOpenDocument={onOpenDocument}
          onClose={() => setOpened(undefined)}
        />
      )}
    </article>
  );
}

function Citations({ citations, onOpen }: { citations: readonly Citation[]; onOpen: (citation: Citation) => void }) {
  return (
    <ul aria-label="Sources" className="flex flex-col gap-1.5 text-xs">
      {citations.map((citation) => (
        <li key={citation.index}>
          <button
            type="button"
            aria-label={`Open source ${citation.index}`}
            onClick={() => onOpen(citation)}
            className="flex w-full gap-2 rounded-lg border border-line px-3 py-2 text-left hover:bg-raised"
          >
            <span className="font-semibold text-accent">[{citation.index}]</span>
            <span className="line-clamp-2 min-w-0 flex-1 text-muted">{goneNote(citation.state) ?? citation.quote}</span>
            {citation.page !== null && <span className="shrink-0 text-muted">page {citation.page}</span>}
          </button>
          {doubtsOf(citation).map((doubt) => (
            <p key={doubt} role="note" className="mt-1 flex items-center gap-1 text-warn">
              <TriangleAlert aria-hidden className="size-3 shrink-0" />
              {doubt}
            </p>
          ))}
        </li>
      ))}
    </ul>
  );
}

/** What was checked and what it cost. */
function Footer({ answer }: { answer: AnswerData }) {
  const { receipts, usage } = answer;
  const count = (status: Receipt["status"]) => receipts.filter((receipt) => receipt.status === status).length;
  const parts: string[] = [];
  if (receipts.length > 0) {
    const counts = (["matched", "derived", "unmatched"] as const)
      .filter((status) => count(status) > 0)
      .map((status) => `${count(status)} ${status}`);
    parts.push(`${receipts.length} ${receipts.length === 1 ? "figure" : "figures"} checked: ${counts.join(", ")}`);
  }
  if (usage !== null) {
    const tokens = new Intl.NumberFormat("en-US");
    parts.push(
      usage.model,
      `${tokens.format(usage.input_tokens)} tokens in, ${tokens.format(usage.output_tokens)} out`,
      usage.cost === null ? "no price listed" : costOf(usage.cost.amount, usage.cost.currency),
    );
  }
  if (answer.attempt > 1) parts.push(`attempt ${answer.attempt}`);
  return parts.length === 0 ? null : <p className="text-xs text-muted">{parts.join(" · ")}</p>;
}

/** Answers cost fractions of a cent; rounding to cents would say they are free. */
function costOf(amount: string, currency: string): string {
  const short = /^0*(\.0*)?$/.test(amount) ? formatMoney({ amount, currency }) : `${amount} ${currency}`;
  return `cost ${short}`;
}
