import { RotateCcw, Trash2 } from "lucide-react";

import { Badge } from "@/components/badge";
import type { Portfolio, Transaction } from "@/features/portfolio/api/types";
import { classNames } from "@/lib/class-names";
import { formatDay, humanise } from "@/lib/format";
import { formatMoney, formatQuantity } from "@/lib/money";

type Props = {
  portfolio: Portfolio;
  transactions: readonly Transaction[];
  className?: string;
  onDelete: (entry: Transaction) => void;
  /** Asked for an entry that was taken back. */
  onRestore?: (entry: Transaction) => void;
};

const columns = [
  { label: "Date" },
  { label: "Type" },
  { label: "Symbol" },
  { label: "Quantity", numeric: true },
  { label: "Price", numeric: true },
  { label: "Amount", numeric: true },
  { label: "Fee", numeric: true },
  { label: "Tax", numeric: true },
  { label: "Account" },
] as const satisfies readonly { label: string; numeric?: boolean }[];

/** Entries of a ledger; one that was taken back is struck through and can stand again. */
export function LedgerTable({ portfolio, transactions, className, onDelete, onRestore }: Props) {
  const accounts = new Map(portfolio.accounts.map((account) => [account.id, account.name]));
  const number = "py-1.5 pr-4 text-right tabular-nums whitespace-nowrap";
  return (
    <div
      className={classNames("-mx-4 overflow-auto px-4 sm:-mx-5 sm:px-5", className)}
      tabIndex={0}
      role="group"
      aria-label="Ledger"
    >
      <table className="w-full text-sm">
        <thead className="sticky top-0 bg-surface">
          <tr className="border-b border-line text-xs text-muted">
            {columns.map((column) => (
              <th
                key={column.label}
                scope="col"
                className={classNames("py-2 pr-4 font-medium", "numeric" in column ? "text-right" : "text-left")}
              >
                {column.label}
              </th>
            ))}
            <th scope="col" className="py-2">
              <span className="sr-only">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {transactions.map((entry) => (
            <tr
              key={entry.id}
              className={classNames("border-b border-line last:border-0", entry.reversed && "text-muted")}
              title={entry.note ?? undefined}
            >
              <td className={classNames("py-1.5 pr-4 whitespace-nowrap", entry.reversed && "line-through")}>
                {formatDay(entry.date)}
              </td>
              <td className="py-1.5 pr-4 whitespace-nowrap">
                {humanise(entry.type)} {entry.reversed && <Badge>taken back</Badge>}
              </td>
              <td className="py-1.5 pr-4 font-medium whitespace-nowrap">
                {entry.symbol}
                {entry.new_symbol && <span className="font-normal text-muted"> → {entry.new_symbol}</span>}
              </td>
              <td className={number}>{quantityOf(entry)}</td>
              <td className={number}>{moneyOf(entry.price, entry.currency)}</td>
              <td className={number}>{moneyOf(entry.amount, entry.currency)}</td>
              <td className={number}>{moneyOf(entry.fee, entry.fee_currency ?? entry.currency)}</td>
              <td className={number}>{moneyOf(entry.tax, entry.tax_currency ?? entry.currency)}</td>
              <td className="py-1.5 pr-4 whitespace-nowrap text-muted">
                {entry.account_id == null ? "" : (accounts.get(entry.account_id) ?? entry.account_id)}
              </td>
              <td className="py-1.5 text-right">
                {entry.reversed ? (
                  onRestore !== undefined && (
                    <button
                      type="button"
                      aria-label={`Restore ${nameOf(entry)}`}
                      title="Restore"
                      onClick={() => onRestore(entry)}
                      className="rounded p-1 text-muted hover:bg-raised hover:text-ink"
                    >
                      <RotateCcw aria-hidden className="size-4" />
                    </button>
                  )
                ) : (
                  <button
                    type="button"
                    aria-label={`Delete ${nameOf(entry)}`}
                    title="Delete"
                    onClick={() => onDelete(entry)}
                    className="rounded p-1 text-muted hover:bg-raised hover:text-loss"
                  >
                    <Trash2 aria-hidden className="size-4" />
                  </button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function nameOf(entry: Transaction): string {
  return `${entry.type} ${entry.symbol ?? ""} of ${entry.date}`;
}

function quantityOf(entry: Transaction): string {
  if (entry.ratio)
    return entry.ratio.includes("/") ? entry.ratio.replace("/", " for ") : `${formatQuantity(entry.ratio)} for 1`;
  return entry.quantity ? formatQuantity(entry.quantity) : "";
}

function moneyOf(amount: string | null, currency: string): string {
  return amount ? formatMoney({ amount, currency }) : "";
}
