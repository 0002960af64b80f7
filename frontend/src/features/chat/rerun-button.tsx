import { History } from "lucide-react";

import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { ErrorNote } from "@/components/error-note";
import { useRerun } from "@/features/chat/api/reruns";
import { useIdempotencyKey } from "@/hooks/use-idempotency-key";
import type { RerunBody } from "@/lib/api/gen/chat/types.gen";
import { formatInstant, humanise } from "@/lib/format";

type Props = { conversationId: string; turnId: string };

/** Asks an old answer's tools again and shows which figures are others today; the answer stays as it is. */
export function RerunButton({ conversationId, turnId }: Props) {
  const rerun = useRerun(conversationId, turnId);
  const idempotency = useIdempotencyKey();
  return (
    <div className="flex flex-col items-start gap-2">
      <Button
        size="small"
        variant="quiet"
        busy={rerun.isPending}
        onClick={() =>
          rerun.mutate(idempotency.keyFor({ conversationId, turnId }), { onSuccess: () => idempotency.settle() })
        }
      >
        <History aria-hidden className="size-3.5" />
        Compare with today
      </Button>
      {rerun.isError && <ErrorNote error={rerun.error} />}
      {rerun.isSuccess && <Compared rerun={rerun.data} onClose={() => rerun.reset()} />}
    </div>
  );
}

function Compared({ rerun, onClose }: { rerun: RerunBody; onClose: () => void }) {
  const failures = Object.values(rerun.failed).length;
  return (
    <Dialog
      title="The same question today"
      description={`Its tools were asked again ${formatInstant(rerun.ran_at)}. The answer stays as it was.`}
      placement="wide"
      onClose={onClose}
    >
      <p className="text-sm">
        {rerun.changed === 0
          ? `All ${rerun.compared} figures are the same.`
          : `${rerun.changed} of ${rerun.compared} figures differ.`}
        {failures > 0 && ` ${failures} of the tools could not be asked (${Object.values(rerun.failed).join(", ")}).`}
      </p>
      {rerun.differences.length > 0 && (
        <table className="w-full text-sm">
          <thead className="text-left text-xs text-muted">
            <tr>
              <th className="py-1 pr-3 font-medium">Figure</th>
              <th className="py-1 pr-3 text-right font-medium">Then</th>
              <th className="py-1 text-right font-medium">Today</th>
            </tr>
          </thead>
          <tbody>
            {rerun.differences.map((each) => (
              <tr key={`${each.call_id} ${each.path}`} className="border-t border-line align-top">
                <td className="py-1 pr-3">
                  {humanise(each.tool)} <code className="text-xs break-all text-muted">{each.path}</code>
                  {each.shown_as !== null && (
                    <span className="block text-xs text-accent">in the answer: {each.shown_as}</span>
                  )}
                </td>
                <td className="py-1 pr-3 text-right tabular-nums">{each.old ?? "none"}</td>
                <td className="py-1 text-right tabular-nums">{each.new ?? "none"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {rerun.changed > rerun.differences.length && (
        <p className="text-xs text-muted">The first {rerun.differences.length} are shown.</p>
      )}
    </Dialog>
  );
}
