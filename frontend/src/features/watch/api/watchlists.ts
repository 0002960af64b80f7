import { queryOptions, useMutation, useQueryClient, type QueryClient } from "@tanstack/react-query";

import { api } from "@/lib/api/client";
import type {
  NewWatchlistModel,
  QuotedWatchlistModel,
  QuoteModel,
  WatchlistChangeModel,
  WatchlistModel,
  WatchlistPage,
} from "@/lib/api/gen/stock/types.gen";
import { live, type LiveMessage } from "@/lib/live";

const path = "/api/stock/v1/watchlists";

/** Quotes come by the socket; without it they are asked for. */
const pollMs = { live: 60_000, alone: 15_000 } as const;

export type Watchlist = WatchlistModel;
export type QuotedWatchlist = QuotedWatchlistModel;

export function watchlistsQuery() {
  return queryOptions({
    queryKey: ["watchlists"],
    // An owner has at most twenty: one page is all of them.
    queryFn: ({ signal }) => api<WatchlistPage>(path, { query: { page_size: 500 }, signal }),
    select: (page) => page.items,
  });
}

export function watchlistQuery(id: string) {
  return queryOptions({
    queryKey: ["watchlists", id],
    queryFn: ({ signal }) => api<QuotedWatchlist>(`${path}/${id}`, { signal }),
    refetchInterval: () => (live.getStatus() === "live" ? pollMs.live : pollMs.alone),
  });
}

/** Puts a quote from the socket in the place of the list's own, unless that is the newer one. */
export function takeQuote(queryClient: QueryClient, listId: string, message: LiveMessage): void {
  if (!isQuote(message)) return;
  queryClient.setQueryData(watchlistQuery(listId).queryKey, (list) => {
    if (list?.symbols.includes(message.symbol) !== true) return list;
    const { items, errors } = list.quotes;
    const known = items.find(({ symbol }) => symbol === message.symbol);
    if (known !== undefined && known.as_of > message.as_of) return list;
    const next = known === undefined ? [...items, message] : items.map((item) => (item === known ? message : item));
    return {
      ...list,
      stale_quotes: next.filter(({ stale }) => stale).length,
      quotes: { items: next, errors: errors.filter(({ symbol }) => symbol !== message.symbol) },
    };
  });
}

function isQuote(message: LiveMessage): message is LiveMessage & QuoteModel {
  const price = message["price"];
  return (
    typeof message["symbol"] === "string" &&
    typeof message["as_of"] === "string" &&
    typeof price === "object" &&
    price !== null
  );
}

export function useCreateWatchlist() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: ({ watchlist, idempotencyKey }: { watchlist: NewWatchlistModel; idempotencyKey: string }) =>
      api<Watchlist>(path, { method: "POST", body: watchlist, idempotencyKey }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["watchlists"] }),
  });
}

type Change = { list: Pick<Watchlist, "id" | "version">; change: WatchlistChangeModel; idempotencyKey: string };

export function useChangeWatchlist() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: ({ list, change, idempotencyKey }: Change) =>
      api<Watchlist>(`${path}/${list.id}`, {
        method: "PATCH",
        body: { ...change, version: list.version },
        idempotencyKey,
      }),
    // After a refusal too: it may have been made on an old version.
    onSettled: () => queryClient.invalidateQueries({ queryKey: ["watchlists"] }),
  });
}

export function useDeleteWatchlist() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => api<undefined>(`${path}/${id}`, { method: "DELETE" }),
    onSuccess: (_, id) => {
      queryClient.removeQueries({ queryKey: ["watchlists", id] });
      return queryClient.invalidateQueries({ queryKey: ["watchlists"] });
    },
  });
}
