import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { ErrorNote } from "@/components/error-note";
import { TextField } from "@/components/field";
import { useChangeWatchlist, useCreateWatchlist, type Watchlist } from "@/features/watch/api/watchlists";
import { useIdempotencyKey } from "@/hooks/use-idempotency-key";
import { ApiError } from "@/lib/api/api-error";
import { textOf } from "@/lib/form";

type Props = { list: Watchlist | undefined; onClose: () => void; onDone: (list: Watchlist) => void };

/** Names a new list, or an old one anew. */
export function NameDialog({ list, onClose, onDone }: Props) {
  const create = useCreateWatchlist();
  const change = useChangeWatchlist();
  const idempotency = useIdempotencyKey();
  const error = create.error ?? change.error;
  const refused = error instanceof ApiError ? error.field("name") : undefined;
  return (
    <Dialog title={list === undefined ? "New watchlist" : "Rename the watchlist"} onClose={onClose}>
      <form
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          const body = { name: textOf(new FormData(event.currentTarget), "name") };
          const idempotencyKey = idempotency.keyFor({ ...body, on: list?.version });
          const onSuccess = (saved: Watchlist) => {
            idempotency.settle();
            onDone(saved);
          };
          if (list === undefined) create.mutate({ watchlist: body, idempotencyKey }, { onSuccess });
          else change.mutate({ list, change: body, idempotencyKey }, { onSuccess });
        }}
      >
        {error !== null && refused === undefined && <ErrorNote error={error} />}
        <TextField label="List name" name="name" required maxLength={80} defaultValue={list?.name} error={refused} />
        <div className="flex justify-end gap-2 pt-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={create.isPending || change.isPending}>
            {list === undefined ? "Create" : "Rename"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
