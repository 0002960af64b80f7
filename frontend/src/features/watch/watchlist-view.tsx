import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";

import { Badge } from "@/components/badge";
import { EmptyState } from "@/components/empty-state";
import { ErrorNote } from "@/components/error-note";
import { Spinner } from "@/components/spinner";
import { AddSymbolForm } from "@/features/watch/add-symbol-form";
import { takeQuote, useChangeWatchlist, watchlistQuery } from "@/features/watch/api/watchlists";
import { QuotesTable } from "@/features/watch/quotes-table";
import { useLiveMessage } from "@/hooks/use-live";
import { newIdempotencyKey } from "@/lib/api/client";
import { formatInstant } from "@/lib/format";
import { live } from "@/lib/live";

/** One list with its quotes, which the socket brings while it is in sight. */
export function WatchlistView({ id, onAlert }: { id: string; onAlert: (symbol: string) => void }) {
  const queryClient = useQueryClient();
  const list = useQuery(watchlistQuery(id));
  const change = useChangeWatchlist();
  const wanted = list.data?.symbols.join(",") ?? "";
  useEffect(() => (wanted === "" ? undefined : live.watch(wanted.split(","))), [wanted]);
  useLiveMessage("quote", (message) => takeQuote(queryClient, id, message));

  if (list.isPending) return <Spinner label="Loading quotes" />;
  if (list.isError) return <ErrorNote error={list.error} onRetry={() => void list.refetch()} />;
  const { symbols, stale_quotes: stale, as_of: asOf } = list.data;
  const setSymbols = (next: readonly string[]) =>
    change.mutate({ list: list.data, change: { symbols: [...next] }, idempotencyKey: newIdempotencyKey() });

  return (
    <div className="flex flex-col gap-3">
      {change.isError && <ErrorNote error={change.error} />}
      {symbols.length === 0 ? (
        <EmptyState title="Nothing on this list">Add the first symbol below.</EmptyState>
      ) : (
        <QuotesTable
          list={list.data}
          busy={change.isPending}
          onAlert={onAlert}
          onReplace={(old, next) => setSymbols([...new Set(symbols.map((symbol) => (symbol === old ? next : symbol)))])}
          onRemove={(symbol) => setSymbols(symbols.filter((each) => each !== symbol))}
          onMove={(symbol, step) => setSymbols(moved(symbols, symbol, step))}
        />
      )}
      <div className="flex flex-wrap items-end justify-between gap-3">
        <AddSymbolForm list={list.data} />
        <p className="flex items-center gap-2 text-xs text-muted">
          {stale > 0 && <Badge tone="warn">{stale === 1 ? "1 stale quote" : `${stale} stale quotes`}</Badge>}
          Market time {formatInstant(asOf)}
        </p>
      </div>
    </div>
  );
}

function moved(symbols: readonly string[], symbol: string, step: -1 | 1): string[] {
  const at = symbols.indexOf(symbol);
  const rest = symbols.filter((each) => each !== symbol);
  return [...rest.slice(0, at + step), symbol, ...rest.slice(at + step)];
}
