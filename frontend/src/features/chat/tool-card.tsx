import { useQuery } from "@tanstack/react-query";
import { Check, ChevronRight, LoaderCircle, X } from "lucide-react";
import { useState } from "react";

import { ErrorNote } from "@/components/error-note";
import { Spinner } from "@/components/spinner";
import { turnQuery } from "@/features/chat/api/turns";
import type { ToolCall } from "@/features/chat/api/types";
import { JsonView } from "@/features/chat/json-view";
import { classNames } from "@/lib/class-names";
import { formatBytes, formatDuration, humanise } from "@/lib/format";

type Props = { conversationId: string; turnId: string; call: ToolCall };

/** One call of a tool: what was asked, how long it took, what came of it, and the whole result on demand. */
export function ToolCard({ conversationId, turnId, call }: Props) {
  const [open, setOpen] = useState(false);
  const running = call.ok == null;
  return (
    <li className="overflow-hidden rounded-lg border border-line text-sm">
      <button
        type="button"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        className="flex w-full items-center gap-2 px-3 py-1.5 text-left hover:bg-raised"
      >
        {running ? (
          <LoaderCircle aria-label="running" className="size-4 shrink-0 animate-spin text-muted" />
        ) : call.ok ? (
          <Check aria-label="succeeded" className="size-4 shrink-0 text-gain" />
        ) : (
          <X aria-label="failed" className="size-4 shrink-0 text-loss" />
        )}
        <span className="shrink-0 font-medium">{humanise(call.name ?? "")}</span>
        <span className="min-w-0 flex-1 truncate text-xs text-muted">{running ? "Working…" : call.summary}</span>
        {call.duration_ms != null && (
          <span className="shrink-0 text-xs text-muted tabular-nums">{formatDuration(call.duration_ms)}</span>
        )}
        <ChevronRight
          aria-hidden
          className={classNames("size-4 shrink-0 text-muted transition-transform", open && "rotate-90")}
        />
      </button>
      {open && (
        <div className="flex flex-col gap-3 border-t border-line p-3">
          {call.summary && <p className="text-xs">{call.summary}</p>}
          {call.left_out_bytes != null && (
            <p role="note" className="rounded-lg bg-warn-soft px-3 py-2 text-xs text-warn">
              {formatBytes(call.left_out_bytes)} of this result were not shown to the model; they stand below.
            </p>
          )}
          <div>
            <p className="mb-1 text-xs font-medium text-muted">Arguments</p>
            <JsonView value={call.arguments} />
          </div>
          {!running && (
            <div>
              <p className="mb-1 text-xs font-medium text-muted">Result</p>
              <ToolResult conversationId={conversationId} turnId={turnId} callId={call.call_id} />
            </div>
          )}
        </div>
      )}
    </li>
  );
}

function ToolResult({ conversationId, turnId, callId }: { conversationId: string; turnId: string; callId: string }) {
  const turn = useQuery(turnQuery(conversationId, turnId));
  if (turn.isPending) return <Spinner label="Loading the result" />;
  if (turn.isError) return <ErrorNote error={turn.error} onRetry={() => void turn.refetch()} />;
  const result = turn.data.tool_calls.find((call) => call.call_id === callId)?.result;
  if (result == null) return <p className="text-xs text-muted">The tool gave no result.</p>;
  return <JsonView value={result} />;
}
