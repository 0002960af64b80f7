import { useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";

import { TextField } from "@/components/field";
import { instrumentsQuery } from "@/lib/api/instruments";
import { useDebounced } from "@/hooks/use-debounced";

type Props = { label?: string; name?: string; error: string | undefined };

/** A symbol, with what is found by what was typed. */
export function SymbolField({ label = "Symbol", name = "symbol", error }: Props) {
  const listId = useId();
  const [typed, setTyped] = useState("");
  const { data: found } = useQuery(instrumentsQuery(useDebounced(typed.trim())));
  return (
    <>
      <TextField
        label={label}
        name={name}
        required
        autoComplete="off"
        autoCapitalize="characters"
        list={listId}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        error={error}
      />
      <datalist id={listId}>
        {found?.map((instrument) => (
          <option key={instrument.symbol} value={instrument.symbol}>
            {instrument.name}
          </option>
        ))}
      </datalist>
    </>
  );
}
