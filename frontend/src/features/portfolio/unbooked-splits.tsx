import { Button } from "@/components/button";
import { ErrorNote } from "@/components/error-note";
import { useRecordTransaction } from "@/features/portfolio/api/transactions";
import type { Holdings, Portfolio } from "@/features/portfolio/api/types";
import { useIdempotencyKey } from "@/hooks/use-idempotency-key";
import { formatDay } from "@/lib/format";

type Split = Holdings["unbooked_splits"][number];

/** Splits the market knows and the ledger does not: offered for booking, never booked unasked. */
export function UnbookedSplits({ portfolio, splits }: { portfolio: Portfolio; splits: readonly Split[] }) {
  const record = useRecordTransaction(portfolio.id);
  const idempotency = useIdempotencyKey();
  const book = (split: Split) => {
    const transaction = { type: "split", date: split.date, symbol: split.symbol, ratio: split.ratio };
    record.mutate(
      { transaction, idempotencyKey: idempotency.keyFor(transaction) },
      { onSuccess: () => idempotency.settle() },
    );
  };
  if (splits.length === 0) return null;
  return (
    <div className="mb-3 flex flex-col gap-2 rounded-lg bg-warn-soft px-3 py-2 text-sm">
      {record.isError && <ErrorNote error={record.error} />}
      {splits.map((split) => (
        <div key={`${split.symbol} ${split.date}`} className="flex flex-wrap items-center gap-3">
          <p className="flex-1 text-warn">
            {split.symbol} split {split.ratio} for 1 on {formatDay(split.date)}, and the ledger has no entry for it.
          </p>
          <Button size="small" busy={record.isPending} onClick={() => book(split)}>
            Book the split
          </Button>
        </div>
      ))}
    </div>
  );
}
