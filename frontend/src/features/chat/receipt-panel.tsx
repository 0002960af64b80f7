import { useQuery } from "@tanstack/react-query";
import { FileText, ListTree, TriangleAlert } from "lucide-react";
import { useState } from "react";

import { Badge, type Tone } from "@/components/badge";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { ErrorNote } from "@/components/error-note";
import { Spinner } from "@/components/spinner";
import { TrailPanel } from "@/components/trail-panel";
import { turnQuery } from "@/features/chat/api/turns";
import type { Receipt, Turn } from "@/features/chat/api/types";
import { JsonView } from "@/features/chat/json-view";
import { goneNote, unverified } from "@/features/chat/quote-state";
import { foundValues } from "@/features/chat/receipt-value";
import { humanise } from "@/lib/format";

const meanings = {
  matched: "The figure equals a value in a tool's result, within the rounding shown.",
  derived: "The figure was computed again from values in tool results.",
  unmatched: "No tool result says this figure. It may be wrong.",
} as const;

const tones = { matched: "accent", derived: "neutral", unmatched: "warn" } as const satisfies Record<string, Tone>;

type Props = {
  conversationId: string;
  turnId: string;
  receipt: Receipt;
  onOpenDocument: (documentId: string, page: number | null) => void;
  onClose: () => void;
};

/** Where one figure comes from: the tool, its result, the words of a document, or the rows of the ledger behind it. */
export function ReceiptPanel({ conversationId, turnId, receipt, onOpenDocument, onClose }: Props) {
  const turn = useQuery({ ...turnQuery(conversationId, turnId), enabled: receipt.call_id !== null });
  return (
    <Dialog title="Receipt" placement="panel" onClose={onClose}>
      <div className="flex items-center gap-3">
        <span className="text-2xl font-semibold tabular-nums">{receipt.value}</span>
        <Badge tone={tones[receipt.status]}>{receipt.status}</Badge>
      </div>
      <p className="text-sm text-muted">{meanings[receipt.status]}</p>
      {receipt.source != null && <Words source={receipt.source} onOpenDocument={onOpenDocument} />}
      {receipt.trail != null && <LedgerTrail trail={receipt.trail} />}
      {receipt.call_id !== null && turn.isPending && <Spinner label="Loading the tool's result" />}
      {turn.isError && <ErrorNote error={turn.error} onRetry={() => void turn.refetch()} />}
      {turn.isSuccess && <Origin turn={turn.data} receipt={receipt} />}
    </Dialog>
  );
}

type WordsProps = { source: NonNullable<Receipt["source"]>; onOpenDocument: Props["onOpenDocument"] };

/** The sentence of a document a figure stands in. */
function Words({ source, onOpenDocument }: WordsProps) {
  const gone = goneNote(source.state);
  return (
    <figure className="flex flex-col items-start gap-2">
      {gone === undefined ? (
        <blockquote className="border-l-2 border-accent pl-3 text-sm">{source.quote}</blockquote>
      ) : (
        <p role="note" className="text-sm text-muted">
          {gone}
        </p>
      )}
      {source.verified === false && (
        <p role="note" className="flex items-center gap-1 text-xs text-warn">
          <TriangleAlert aria-hidden className="size-3 shrink-0" />
          {unverified}
        </p>
      )}
      <Button size="small" onClick={() => onOpenDocument(source.document_id, source.page)}>
        <FileText aria-hidden className="size-3.5" />
        {source.page === null ? "Open the document" : `Open page ${source.page}`}
      </Button>
    </figure>
  );
}

/** Leads from a figure of the portfolio to its formula and the lots, flows, prices and rates it was worked out from. */
function LedgerTrail({ trail }: { trail: NonNullable<Receipt["trail"]> }) {
  const [asked, setAsked] = useState(false);
  const name = [humanise(trail.figure).toLowerCase(), trail.query["symbol"]].filter(Boolean).join(" of ");
  return (
    <>
      <Button size="small" onClick={() => setAsked(true)} className="self-start">
        <ListTree aria-hidden className="size-3.5" />
        How it is computed
      </Button>
      {asked && (
        <TrailPanel
          name={name}
          ask={{ portfolioId: trail.portfolio_id, figure: trail.figure, query: trail.query }}
          onClose={() => setAsked(false)}
        />
      )}
    </>
  );
}

function Origin({ turn, receipt }: { turn: Turn; receipt: Receipt }) {
  const places = placesOf(receipt).map((place) => ({
    ...place,
    call: turn.tool_calls.find(({ call_id }) => call_id === place.call_id),
  }));
  const calls = [...new Set(places.map(({ call }) => call))].filter((call) => call?.result != null);
  if (calls.length === 0) {
    return <p className="text-sm text-muted">The result this figure came from is no longer stored.</p>;
  }
  const values = places.flatMap(({ call, path }) =>
    call?.result == null ? [] : foundValues(receipt.value, path, call.result).map((value) => ({ ...value, call })),
  );
  return (
    <>
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-2 text-sm">
        <dt className="text-muted">{calls.length > 1 ? "Tools" : "Tool"}</dt>
        <dd className="font-medium">{calls.map((call) => humanise(call?.name ?? "")).join(", ")}</dd>
        {receipt.operation != null && (
          <>
            <dt className="text-muted">Operation</dt>
            <dd className="font-medium">{humanise(receipt.operation)}</dd>
          </>
        )}
        {values.map((value, place) => (
          // Two values may stand at one place: two amounts of a passage.
          <div key={place} className="contents">
            <dt className="text-muted">Value in tool result</dt>
            <dd>
              <span className="font-semibold tabular-nums">{value.shown}</span>
              {value.exact !== value.shown && (
                <span className="block text-xs break-all text-muted tabular-nums">exactly {value.exact}</span>
              )}
            </dd>
          </div>
        ))}
        <dt className="text-muted">{receipt.status === "derived" ? "Computed as" : "Field"}</dt>
        <dd>
          <code className="rounded bg-raised px-1 py-0.5 text-xs break-all">{receipt.path}</code>
        </dd>
      </dl>
      {calls.map((call) => (
        <JsonView
          key={call?.call_id}
          value={call?.result}
          highlights={values.filter((value) => value.call === call).map((value) => value.operand.path)}
        />
      ))}
    </>
  );
}

/** The values a receipt stands on; of one stored before operands were kept, those its path names. */
function placesOf(receipt: Receipt): { call_id: string; path: string }[] {
  if (receipt.operands !== undefined && receipt.operands.length > 0) return receipt.operands;
  return receipt.call_id === null || receipt.path === null ? [] : [{ call_id: receipt.call_id, path: receipt.path }];
}
