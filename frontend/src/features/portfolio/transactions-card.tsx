import { useInfiniteQuery } from "@tanstack/react-query";
import { Plus, Undo2 } from "lucide-react";
import { useState } from "react";

import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { ConfirmDialog } from "@/components/confirm-dialog";
import { EmptyState } from "@/components/empty-state";
import { ErrorNote } from "@/components/error-note";
import { Spinner } from "@/components/spinner";
import { latestTransactionsQuery, useDeleteTransaction } from "@/features/portfolio/api/transactions";
import type { Portfolio, Transaction } from "@/features/portfolio/api/types";
import { LedgerTable } from "@/features/portfolio/ledger-table";
import { TransactionForm } from "@/features/portfolio/transaction-form";
import { formatDay, humanise } from "@/lib/format";

export function TransactionsCard({ portfolio, marketDay }: { portfolio: Portfolio; marketDay: string }) {
  const transactions = useInfiniteQuery(latestTransactionsQuery(portfolio.id));
  const remove = useDeleteTransaction(portfolio.id);
  const [adding, setAdding] = useState(false);
  const [recorded, setRecorded] = useState<Transaction>();
  const [doomed, setDoomed] = useState<Transaction>();

  return (
    <Card
      title="Transactions"
      note="The ledger is append-only: deleting an entry books its reversal"
      actions={
        <Button variant={adding ? "secondary" : "primary"} onClick={() => setAdding(!adding)} aria-expanded={adding}>
          {!adding && <Plus aria-hidden className="size-4" />}
          {adding ? "Close the form" : "Add transaction"}
        </Button>
      }
    >
      {adding && (
        <TransactionForm
          portfolio={portfolio}
          marketDay={marketDay}
          onRecorded={(transaction) => {
            setRecorded(transaction);
            setAdding(false);
          }}
        />
      )}
      {recorded !== undefined && (
        <div
          role="status"
          className="mb-3 flex flex-wrap items-center gap-3 rounded-lg bg-accent-soft px-3 py-2 text-sm"
        >
          <span className="flex-1">
            Recorded: {humanise(recorded.type)} {recorded.symbol ?? ""} on {formatDay(recorded.date)}.
          </span>
          <Button
            size="small"
            busy={remove.isPending}
            onClick={() => remove.mutate(recorded.id, { onSuccess: () => setRecorded(undefined) })}
          >
            <Undo2 aria-hidden className="size-3.5" />
            Undo
          </Button>
        </div>
      )}
      {remove.isError && doomed === undefined && <ErrorNote error={remove.error} />}
      {transactions.isPending && <Spinner label="Loading the ledger" />}
      {transactions.isError && <ErrorNote error={transactions.error} onRetry={() => void transactions.refetch()} />}
      {transactions.isSuccess && transactions.data.length === 0 && (
        <EmptyState title="No entries yet">Add a deposit or your first purchase.</EmptyState>
      )}
      {transactions.isSuccess && transactions.data.length > 0 && (
        <LedgerTable
          portfolio={portfolio}
          transactions={transactions.data}
          className="max-h-128"
          onDelete={setDoomed}
        />
      )}
      {transactions.hasNextPage && (
        <div className="mt-3 text-center">
          <Button size="small" busy={transactions.isFetchingNextPage} onClick={() => void transactions.fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
      {doomed !== undefined && (
        <ConfirmDialog
          title="Delete this entry?"
          description={`${humanise(doomed.type)} ${doomed.symbol ?? ""} of ${formatDay(doomed.date)}. Holdings and returns are computed again without it.`}
          confirmLabel="Delete entry"
          busy={remove.isPending}
          error={remove.error}
          onClose={() => {
            remove.reset();
            setDoomed(undefined);
          }}
          onConfirm={() =>
            remove.mutate(doomed.id, {
              onSuccess: () => {
                if (recorded?.id === doomed.id) setRecorded(undefined);
                setDoomed(undefined);
              },
            })
          }
        />
      )}
    </Card>
  );
}
