import { CircleCheck } from "lucide-react";

import { Button } from "@/components/button";
import { ErrorNote } from "@/components/error-note";
import { useUndoImport } from "@/features/portfolio/api/imports";
import type { Portfolio } from "@/features/portfolio/api/types";
import type { ImportModel } from "@/lib/api/gen/stock/types.gen";

type Props = { portfolio: Portfolio; outcome: ImportModel; fileName: string; onRestart: () => void };

/** What was booked, with the way back. */
export function ImportResult({ portfolio, outcome, fileName, onRestart }: Props) {
  const undo = useUndoImport(portfolio.id);
  const { id, count, skipped_duplicates: duplicates } = outcome;
  return (
    <div className="flex flex-col gap-3">
      <div role="status" className="flex items-start gap-3 rounded-lg bg-accent-soft px-3 py-3 text-sm">
        <CircleCheck aria-hidden className="size-5 shrink-0 text-accent" />
        <div>
          <p className="font-medium">
            {undo.isSuccess
              ? `${fileName} was taken back: the ledger is as it was before.`
              : count === 0
                ? `${fileName} brought nothing new.`
                : `${count} ${count === 1 ? "entry" : "entries"} of ${fileName} booked to ${portfolio.name}.`}
          </p>
          {duplicates > 0 && (
            <p className="text-muted">
              {duplicates} {duplicates === 1 ? "row was" : "rows were"} left out: the ledger has them already.
            </p>
          )}
        </div>
      </div>
      {undo.isError && <ErrorNote error={undo.error} />}
      <div className="flex gap-2">
        {id !== null && !undo.isSuccess && (
          <Button busy={undo.isPending} onClick={() => undo.mutate(id)}>
            Undo the import
          </Button>
        )}
        <Button variant="primary" onClick={onRestart}>
          Import another file
        </Button>
      </div>
    </div>
  );
}
