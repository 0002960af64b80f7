import { useQuery } from "@tanstack/react-query";
import { Plus, Trash2, Undo2 } from "lucide-react";
import { useState } from "react";

import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { ConfirmDialog } from "@/components/confirm-dialog";
import { EmptyState } from "@/components/empty-state";
import { ErrorNote } from "@/components/error-note";
import { Spinner } from "@/components/spinner";
import { transactionsQuery, useDeleteTransaction } from "@/features/portfolio/api/transactions";
import type { Portfolio, Transaction } from "@/features/portfolio/api/types";
import { TransactionForm } from "@/features/portfolio/transaction-form";
import { formatDay, humanise } from "@/lib/format";
import { formatMoney, formatQuantity } from "@/lib/money";

const pageLength = 50;

export function TransactionsCard({ portfolio, marketDay }: { portfolio: Portfolio; marketDay: string }) {
  const transactions = useQuery(transactionsQuery(portfolio.id));
  const remove = useDeleteTransaction(portfolio.id);
  const [shown, setShown] = useState(pageLength);
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
        <Ledger portfolio={portfolio} transactions={transactions.data.slice(0, shown)} onDelete={setDoomed} />
      )}
      {transactions.isSuccess && transactions.data.length > shown && (
        <div className="mt-3 text-center">
          <Button size="small" onClick={() => setShown(shown + pageLength)}>
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

type LedgerProps = { portfolio: Portfolio; transactions: Transaction[]; onDelete: (entry: Transaction) => void };

function Ledger({ portfolio, transactions, onDelete }: LedgerProps) {
  const accounts = new Map(portfolio.accounts.map((account) => [account.id, account.name]));
  const cell = "py-1.5 pr-4 text-right tabular-nums whitespace-nowrap";
  return (
    <div className="-mx-4 max-h-128 overflow-auto px-4 sm:-mx-5 sm:px-5" tabIndex={0} role="group" aria-label="Ledger">
      <table className="w-full text-sm">
        <thead className="sticky top-0 bg-surface">
          <tr className="border-b border-line text-xs text-muted">
            <th scope="col" className="py-2 pr-4 text-left font-medium">
              Date
            </th>
            <th scope="col" className="py-2 pr-4 text-left font-medium">
              Type
            </th>
            <th scope="col" className="py-2 pr-4 text-left font-medium">
              Symbol
            </th>
            <th scope="col" className="py-2 pr-4 text-right font-medium">
              Quantity
            </th>
            <th scope="col" className="py-2 pr-4 text-right font-medium">
              Price
            </th>
            <th scope="col" className="py-2 pr-4 text-right font-medium">
              Amount
            </th>
            <th scope="col" className="py-2 pr-4 text-right font-medium">
              Fee
            </th>
            <th scope="col" className="py-2 pr-4 text-left font-medium">
              Account
            </th>
            <th scope="col" className="py-2">
              <span className="sr-only">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {transactions.map((entry) => (
            <tr key={entry.id} className="border-b border-line last:border-0" title={entry.note ?? undefined}>
              <td className="py-1.5 pr-4 whitespace-nowrap">{formatDay(entry.date)}</td>
              <td className="py-1.5 pr-4 whitespace-nowrap">{humanise(entry.type)}</td>
              <td className="py-1.5 pr-4 font-medium">{entry.symbol}</td>
              <td className={cell}>{quantityOf(entry)}</td>
              <td className={cell}>{moneyOf(entry.price, entry.currency)}</td>
              <td className={cell}>{moneyOf(entry.amount, entry.currency)}</td>
              <td className={cell}>{moneyOf(entry.fee, entry.currency)}</td>
              <td className="py-1.5 pr-4 whitespace-nowrap text-muted">
                {entry.account_id == null ? "" : (accounts.get(entry.account_id) ?? entry.account_id)}
              </td>
              <td className="py-1.5 text-right">
                <button
                  type="button"
                  aria-label={`Delete ${entry.type} ${entry.symbol ?? ""} of ${entry.date}`}
                  onClick={() => onDelete(entry)}
                  className="rounded p-1 text-muted hover:bg-raised hover:text-loss"
                >
                  <Trash2 aria-hidden className="size-4" />
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function quantityOf(entry: Transaction): string {
  if (entry.ratio)
    return entry.ratio.includes("/") ? entry.ratio.replace("/", " for ") : `${formatQuantity(entry.ratio)} for 1`;
  return entry.quantity ? formatQuantity(entry.quantity) : "";
}

function moneyOf(amount: string | null, currency: string): string {
  return amount ? formatMoney({ amount, currency }) : "";
}
