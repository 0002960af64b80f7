import { SelectField, TextField } from "@/components/field";
import { SymbolField } from "@/components/symbol-field";
import type { Portfolio } from "@/features/portfolio/api/types";
import { hintOf, isOptional, labels, type FieldName, type ShapedType } from "@/features/portfolio/entry-shapes";

type Props = {
  type: ShapedType;
  name: FieldName;
  error: string | undefined;
  marketDay: string;
  otherAccounts: Portfolio["accounts"];
  /** Held by the form, where other fields depend on it. */
  value?: string;
  onChange?: (value: string) => void;
};

/** One field of an entry, as its type means it. */
export function EntryField({ type, name, error, marketDay, otherAccounts, ...held }: Props) {
  const common = { label: labels[name], name, error, hint: hintOf(type, name) };
  if (name === "symbol" || name === "new_symbol") return <SymbolField {...common} {...held} />;
  if (name === "to_account_id")
    return (
      <SelectField {...common}>
        <option value="">Elsewhere</option>
        {otherAccounts.map((account) => (
          <option key={account.id} value={account.id}>
            {account.name} ({account.currency})
          </option>
        ))}
      </SelectField>
    );
  const optional = isOptional(type, name);
  if (name === "acquired")
    return <TextField {...common} type="date" max={marketDay} required={!optional} autoComplete="off" />;
  return (
    <TextField
      {...common}
      inputMode="decimal"
      autoComplete="off"
      required={!optional}
      placeholder={optional ? "none" : undefined}
    />
  );
}
