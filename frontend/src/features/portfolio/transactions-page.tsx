import { useQuery } from "@tanstack/react-query";
import { Download, Plus } from "lucide-react";
import { useState } from "react";

import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { ConfirmDialog } from "@/components/confirm-dialog";
import { EmptyState } from "@/components/empty-state";
import { ErrorNote } from "@/components/error-note";
import { Spinner } from "@/components/spinner";
import { useExport } from "@/features/portfolio/api/export";
import { everything, ledgerQuery, useRestoreTransaction, type LedgerFilters } from "@/features/portfolio/api/ledger";
import { useDeleteTransaction } from "@/features/portfolio/api/transactions";
import type { Portfolio, Transaction } from "@/features/portfolio/api/types";
import { LedgerFilterBar } from "@/features/portfolio/ledger-filters";
import { LedgerTable } from "@/features/portfolio/ledger-table";
import { PortfolioPage } from "@/features/portfolio/portfolio-page";
import { TransactionForm } from "@/features/portfolio/transaction-form";
import { useDebounced } from "@/hooks/use-debounced";
import { marketQuery } from "@/lib/api/market";
import { classNames } from "@/lib/class-names";
import { formatDay, humanise } from "@/lib/format";

export function TransactionsPage() {
  return <PortfolioPage title="Transactions">{(portfolio) => <LedgerCard portfolio={portfolio} />}</PortfolioPage>;
}

type Done = { entry: Transaction; what: "recorded" | "taken back" | "restored" };

function LedgerCard({ portfolio }: { portfolio: Portfolio }) {
  const [filters, setFilters] = useState<LedgerFilters>(everything);
  // Tokens of the pages before this one: going back needs them, since a page only knows the next.
  const [tokens, setTokens] = useState<readonly string[]>([""]);
  const asked = useDebounced(filters);
  const ledger = useQuery(ledgerQuery(portfolio.id, asked, tokens.at(-1) ?? ""));
  const [adding, setAdding] = useState(false);
  const [done, setDone] = useState<Done>();
  const [doomed, setDoomed] = useState<Transaction>();
  const remove = useDeleteTransaction(portfolio.id);
  const restore = useRestoreTransaction(portfolio.id);
  const { data: market } = useQuery(marketQuery());

  const filter = (next: LedgerFilters) => {
    setFilters(next);
    setTokens([""]);
  };
  const letStand = (entry: Transaction) =>
    restore.mutate(entry.id, { onSuccess: (standing) => setDone({ entry: standing, what: "restored" }) });
  const next = ledger.data?.next_page_token ?? "";

  return (
    <Card
      title="Ledger"
      note="The latest day first. Nothing is erased: deleting an entry books its reversal, and it can be restored."
      actions={
        <div className="flex flex-wrap gap-2">
          <ExportButtons portfolio={portfolio} />
          <Button variant={adding ? "secondary" : "primary"} aria-expanded={adding} onClick={() => setAdding(!adding)}>
            {!adding && <Plus aria-hidden className="size-4" />}
            {adding ? "Close the form" : "Add transaction"}
          </Button>
        </div>
      }
    >
      {adding && market !== undefined && (
        <TransactionForm
          portfolio={portfolio}
          marketDay={market.session}
          onRecorded={(entry) => {
            setDone({ entry, what: "recorded" });
            setAdding(false);
          }}
        />
      )}
      {done !== undefined && (
        <div
          role="status"
          className="mb-3 flex flex-wrap items-center gap-3 rounded-lg bg-accent-soft px-3 py-2 text-sm"
        >
          <span className="flex-1">
            {humanise(done.what)}: {titleOf(done.entry)}.
          </span>
          {done.what === "taken back" ? (
            <Button size="small" busy={restore.isPending} onClick={() => letStand(done.entry)}>
              Restore
            </Button>
          ) : (
            <Button size="small" onClick={() => setDoomed(done.entry)}>
              Take back
            </Button>
          )}
        </div>
      )}
      {restore.isError && <ErrorNote error={restore.error} />}
      <LedgerFilterBar portfolio={portfolio} filters={filters} onChange={filter} />
      {ledger.isPending && <Spinner label="Loading the ledger" />}
      {ledger.isError && <ErrorNote error={ledger.error} onRetry={() => void ledger.refetch()} />}
      {ledger.isSuccess && ledger.data.items.length === 0 && (
        <EmptyState title={asked === everything ? "No entries yet" : "No entry is like this"}>
          {asked === everything
            ? "Add a deposit or your first purchase, or import a broker's file."
            : "Widen the filters to see more."}
        </EmptyState>
      )}
      {ledger.isSuccess && ledger.data.items.length > 0 && (
        <div className={classNames("transition-opacity", ledger.isPlaceholderData && "opacity-50")}>
          <LedgerTable
            portfolio={portfolio}
            transactions={ledger.data.items}
            onDelete={setDoomed}
            onRestore={letStand}
          />
        </div>
      )}
      {(tokens.length > 1 || next !== "") && (
        <nav aria-label="Pages of the ledger" className="mt-3 flex items-center justify-center gap-3 text-sm">
          <Button size="small" disabled={tokens.length === 1} onClick={() => setTokens(tokens.slice(0, -1))}>
            Newer
          </Button>
          <span aria-live="polite" className="text-muted">
            Page {tokens.length}
          </span>
          <Button
            size="small"
            disabled={next === "" || ledger.isPlaceholderData}
            onClick={() => setTokens([...tokens, next])}
          >
            Older
          </Button>
        </nav>
      )}
      {doomed !== undefined && (
        <ConfirmDialog
          title="Delete this entry?"
          description={`${titleOf(doomed)}. Holdings and returns are computed again without it.`}
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
                setDone({ entry: doomed, what: "taken back" });
                setDoomed(undefined);
              },
            })
          }
        />
      )}
    </Card>
  );
}

function ExportButtons({ portfolio }: { portfolio: Portfolio }) {
  const download = useExport(portfolio.id, portfolio.name);
  return (
    <>
      {download.isError && <ErrorNote error={download.error} />}
      {(["csv", "json"] as const).map((format) => (
        <Button
          key={format}
          aria-label={`Export as ${format.toUpperCase()}`}
          busy={download.isPending && download.variables === format}
          onClick={() => download.mutate(format)}
        >
          <Download aria-hidden className="size-4" />
          {format.toUpperCase()}
        </Button>
      ))}
    </>
  );
}

function titleOf(entry: Transaction): string {
  return [humanise(entry.type), entry.symbol, `of ${formatDay(entry.date)}`].filter(Boolean).join(" ");
}
