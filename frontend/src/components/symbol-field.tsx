import { useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";

import { TextField } from "@/components/field";
import { useDebounced } from "@/hooks/use-debounced";
import { instrumentsQuery } from "@/lib/api/instruments";

type Props = {
  label?: string;
  /** For a form that reads its fields when it is sent; without it the field is held by `value`. */
  name?: string;
  value?: string;
  onChange?: (value: string) => void;
  error?: string | undefined;
  hint?: string | undefined;
  className?: string;
};

/** A symbol, with what is found for the letters typed so far; text in the list is never taken unasked. */
export function SymbolField({ label = "Symbol", value, onChange, ...rest }: Props) {
  const listId = useId();
  const [typed, setTyped] = useState("");
  const shown = value ?? typed;
  const { data: found } = useQuery(instrumentsQuery(useDebounced(shown.trim())));
  return (
    <>
      <TextField
        {...rest}
        label={label}
        required
        autoComplete="off"
        autoCapitalize="characters"
        list={listId}
        maxLength={64}
        value={shown}
        onChange={(event) => {
          setTyped(event.target.value);
          onChange?.(event.target.value);
        }}
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
