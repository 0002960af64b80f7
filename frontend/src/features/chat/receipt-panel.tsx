import { useQuery } from "@tanstack/react-query";

import { Badge, type Tone } from "@/components/badge";
import { Dialog } from "@/components/dialog";
import { ErrorNote } from "@/components/error-note";
import { Spinner } from "@/components/spinner";
import { turnQuery } from "@/features/chat/api/turns";
import type { Receipt, Turn } from "@/features/chat/api/types";
import { JsonView } from "@/features/chat/json-view";
import { foundValues } from "@/features/chat/receipt-value";
import { humanise } from "@/lib/format";

const meanings = {
  matched: "The figure equals a value in a tool's result, within the rounding shown.",
  derived: "The figure was computed again from values in tool results.",
  unmatched: "No tool result says this figure. It may be wrong.",
} as const;

const tones = { matched: "accent", derived: "neutral", unmatched: "warn" } as const satisfies Record<string, Tone>;

type Props = { conversationId: string; turnId: string; receipt: Receipt; onClose: () => void };

/** Where one figure comes from: the tool, its result, and the value at the place the server matched. */
export function ReceiptPanel({ conversationId, turnId, receipt, onClose }: Props) {
  const turn = useQuery({ ...turnQuery(conversationId, turnId), enabled: receipt.call_id !== null });
  return (
    <Dialog title="Receipt" placement="panel" onClose={onClose}>
      <div className="flex items-center gap-3">
        <span className="text-2xl font-semibold tabular-nums">{receipt.value}</span>
        <Badge tone={tones[receipt.status]}>{receipt.status}</Badge>
      </div>
      <p className="text-sm text-muted">{meanings[receipt.status]}</p>
      {receipt.call_id !== null && turn.isPending && <Spinner label="Loading the tool's result" />}
      {turn.isError && <ErrorNote error={turn.error} onRetry={() => void turn.refetch()} />}
      {turn.isSuccess && <Origin turn={turn.data} receipt={receipt} />}
    </Dialog>
  );
}

function Origin({ turn, receipt }: { turn: Turn; receipt: Receipt }) {
  const call = turn.tool_calls.find(({ call_id }) => call_id === receipt.call_id);
  if (call?.result == null || receipt.path === null) {
    return <p className="text-sm text-muted">The result this figure came from is no longer stored.</p>;
  }
  const values = foundValues(receipt.value, receipt.path, call.result);
  return (
    <>
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-2 text-sm">
        <dt className="text-muted">Tool</dt>
        <dd className="font-medium">{humanise(call.name ?? "")}</dd>
        {values.map((value) => (
          <div key={value.operand.path.join(".")} className="contents">
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
      <JsonView value={call.result} highlights={values.map((value) => value.operand.path)} />
    </>
  );
}
