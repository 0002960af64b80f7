import { useQuery } from "@tanstack/react-query";

import { EmptyState } from "@/components/empty-state";
import { ErrorNote } from "@/components/error-note";
import { Spinner } from "@/components/spinner";
import { AnswerText } from "@/features/chat/answer-text";
import { sharedQuery } from "@/features/chat/api/shares";
import { ApiError } from "@/lib/api/api-error";
import type { SharedTurn } from "@/lib/api/gen/chat/types.gen";
import { formatInstant } from "@/lib/format";

// Results and passages are not shared, so nothing in the text opens.
const none = [] as const;
const ignore = () => undefined;

/** A conversation as somebody shared it, for a reader who need not be signed in. */
export function SharedPage({ token }: { token: string }) {
  const shared = useQuery(sharedQuery(token));
  if (shared.isPending) return <Spinner label="Loading the conversation" />;
  if (shared.isError) {
    const gone = shared.error instanceof ApiError && shared.error.status === 404;
    return (
      <main className="mx-auto max-w-3xl p-6">
        {gone ? (
          <EmptyState title="This link shows nothing">It has ended, was revoked, or is not whole.</EmptyState>
        ) : (
          <ErrorNote error={shared.error} onRetry={() => void shared.refetch()} />
        )}
      </main>
    );
  }
  const { title, turns, shared_at: sharedAt, expires_at: expiresAt } = shared.data;
  return (
    <main className="mx-auto flex w-full max-w-3xl flex-col gap-6 p-4 sm:p-6">
      <header>
        <h1 className="text-xl font-semibold">{title === "" ? "A conversation" : title}</h1>
        <p className="text-sm text-muted">
          Shared {formatInstant(sharedAt)} from StockTool, read-only. The link ends {formatInstant(expiresAt)}.
        </p>
      </header>
      <ul aria-label="Conversation" className="flex flex-col gap-6">
        {turns.map((turn) => (
          <li key={`${turn.created_at} ${turn.question}`} className="flex flex-col gap-3">
            <p className="max-w-[85%] self-end rounded-2xl rounded-br-md bg-accent-soft px-4 py-2 break-words whitespace-pre-wrap">
              <span className="sr-only">Asked: </span>
              {turn.question}
            </p>
            <article aria-label={`Answer to: ${turn.question}`} className="flex flex-col gap-2">
              <AnswerText text={turn.text} receipts={none} citations={none} onReceipt={ignore} onCitation={ignore} />
              <p className="text-xs text-muted">{footOf(turn)}</p>
            </article>
          </li>
        ))}
      </ul>
      <p className="text-center text-xs text-muted">Not investment advice.</p>
    </main>
  );
}

/** How the answer ended, and how many of its figures were backed by a tool's result. */
function footOf(turn: SharedTurn): string {
  const parts = [formatInstant(turn.created_at), turn.model];
  if (turn.state !== "completed") parts.push(turn.state === "stopped" ? "stopped before its end" : "failed");
  if (turn.receipts.length > 0) {
    const backed = turn.receipts.filter((receipt) => receipt.status !== "unmatched").length;
    parts.push(`${backed} of ${turn.receipts.length} figures backed by a result`);
  }
  return parts.join(" · ");
}
