import { useQuery } from "@tanstack/react-query";
import { Pencil, Plus, Trash2 } from "lucide-react";
import { useState } from "react";

import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { ConfirmDialog } from "@/components/confirm-dialog";
import { EmptyState } from "@/components/empty-state";
import { ErrorNote } from "@/components/error-note";
import { Spinner } from "@/components/spinner";
import { useDeleteWatchlist, watchlistsQuery, type Watchlist } from "@/features/watch/api/watchlists";
import { NameDialog } from "@/features/watch/name-dialog";
import { WatchlistView } from "@/features/watch/watchlist-view";
import { classNames } from "@/lib/class-names";

export function WatchlistsCard({ onAlert }: { onAlert: (symbol: string) => void }) {
  const lists = useQuery(watchlistsQuery());
  const remove = useDeleteWatchlist();
  const [chosenId, setChosenId] = useState<string>();
  /** A list to be renamed, or "new". */
  const [naming, setNaming] = useState<Watchlist | "new">();
  const [doomed, setDoomed] = useState<Watchlist>();
  const items = lists.data ?? [];
  const chosen = items.find(({ id }) => id === chosenId) ?? items[0];

  return (
    <Card
      title="Watchlists"
      actions={
        <Button onClick={() => setNaming("new")}>
          <Plus aria-hidden className="size-4" />
          New list
        </Button>
      }
    >
      {lists.isPending && <Spinner label="Loading watchlists" />}
      {lists.isError && <ErrorNote error={lists.error} onRetry={() => void lists.refetch()} />}
      {lists.isSuccess && chosen === undefined && (
        <EmptyState title="No watchlists yet">Make a list of symbols and see their prices as they come.</EmptyState>
      )}
      {chosen !== undefined && (
        <>
          <div className="mb-3 flex flex-wrap items-center gap-1">
            <div role="group" aria-label="Lists" className="flex min-w-0 flex-wrap gap-1">
              {items.map((list) => (
                <button
                  key={list.id}
                  type="button"
                  aria-pressed={list.id === chosen.id}
                  onClick={() => setChosenId(list.id)}
                  className={classNames(
                    "max-w-48 truncate rounded-lg px-2.5 py-1 text-sm font-medium",
                    list.id === chosen.id ? "bg-accent-soft text-accent" : "text-muted hover:bg-raised hover:text-ink",
                  )}
                >
                  {list.name}
                </button>
              ))}
            </div>
            <span className="ml-auto flex">
              <button
                type="button"
                aria-label={`Rename ${chosen.name}`}
                title="Rename"
                onClick={() => setNaming(chosen)}
                className="rounded p-1.5 text-muted hover:bg-raised hover:text-ink"
              >
                <Pencil aria-hidden className="size-4" />
              </button>
              <button
                type="button"
                aria-label={`Delete ${chosen.name}`}
                title="Delete"
                onClick={() => setDoomed(chosen)}
                className="rounded p-1.5 text-muted hover:bg-raised hover:text-loss"
              >
                <Trash2 aria-hidden className="size-4" />
              </button>
            </span>
          </div>
          <WatchlistView key={chosen.id} id={chosen.id} onAlert={onAlert} />
        </>
      )}
      {naming !== undefined && (
        <NameDialog
          list={naming === "new" ? undefined : naming}
          onClose={() => setNaming(undefined)}
          onDone={(list) => {
            setChosenId(list.id);
            setNaming(undefined);
          }}
        />
      )}
      {doomed !== undefined && (
        <ConfirmDialog
          title="Delete this list?"
          description={`"${doomed.name}" and its ${doomed.symbols.length} symbols are gone; alerts about them stay.`}
          confirmLabel="Delete list"
          busy={remove.isPending}
          error={remove.error}
          onClose={() => setDoomed(undefined)}
          onConfirm={() => remove.mutate(doomed.id, { onSuccess: () => setDoomed(undefined) })}
        />
      )}
    </Card>
  );
}
