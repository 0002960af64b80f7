import { useState } from "react";

import { Button } from "@/components/button";
import { ErrorNote } from "@/components/error-note";
import { SymbolField } from "@/components/symbol-field";
import { useChangeWatchlist, type QuotedWatchlist } from "@/features/watch/api/watchlists";
import { useIdempotencyKey } from "@/hooks/use-idempotency-key";
import { ApiError } from "@/lib/api/api-error";

export function AddSymbolForm({ list }: { list: QuotedWatchlist }) {
  const [typed, setTyped] = useState("");
  const [twice, setTwice] = useState(false);
  const change = useChangeWatchlist();
  const idempotency = useIdempotencyKey();
  const refused = change.error instanceof ApiError ? change.error.field("symbols") : undefined;
  return (
    <form
      aria-label="Add a symbol"
      className="flex flex-col gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        const symbol = typed.trim().toUpperCase();
        if (symbol === "") return;
        if (list.symbols.includes(symbol)) {
          setTwice(true);
          return;
        }
        const body = { symbols: [...list.symbols, symbol] };
        change.mutate(
          { list, change: body, idempotencyKey: idempotency.keyFor({ ...body, on: list.version }) },
          {
            onSuccess: () => {
              idempotency.settle();
              setTyped("");
            },
          },
        );
      }}
    >
      <div className="flex items-start gap-2">
        <SymbolField
          label="Add a symbol"
          className="w-40"
          value={typed}
          error={twice ? "It is on the list already." : refused}
          onChange={(value) => {
            setTyped(value);
            setTwice(false);
            if (change.isError) change.reset();
          }}
        />
        <Button type="submit" className="mt-5" busy={change.isPending}>
          Add
        </Button>
      </div>
      {change.isError && refused === undefined && <ErrorNote error={change.error} />}
    </form>
  );
}
