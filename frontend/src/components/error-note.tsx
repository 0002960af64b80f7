import { TriangleAlert } from "lucide-react";

import { Button } from "@/components/button";
import { ApiError } from "@/lib/api/api-error";

/** What went wrong, in words, with the trace to quote and a way to try again. */
export function ErrorNote({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const trace = error instanceof ApiError ? error.traceId : undefined;
  return (
    <div role="alert" className="flex flex-wrap items-center gap-3 rounded-lg bg-loss-soft px-3 py-2 text-sm text-loss">
      <TriangleAlert aria-hidden className="size-4 shrink-0" />
      <div className="min-w-0 flex-1">
        <p>{messageOf(error)}</p>
        {trace !== undefined && <p className="text-xs opacity-80">Trace {trace}</p>}
      </div>
      {onRetry !== undefined && (
        <Button size="small" variant="danger" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "Something went wrong.";
}
