import { useState } from "react";

import { Button } from "@/components/button";
import { ErrorNote } from "@/components/error-note";
import { SelectField, TextField } from "@/components/field";
import { useRecordTransaction, type NewTransaction } from "@/features/portfolio/api/transactions";
import type { Portfolio, Transaction } from "@/features/portfolio/api/types";
import { SymbolField } from "@/features/portfolio/symbol-field";
import { useIdempotencyKey } from "@/hooks/use-idempotency-key";
import { ApiError } from "@/lib/api/api-error";
import { humanise } from "@/lib/format";
import { textOf } from "@/lib/form";

type FieldName = "symbol" | "quantity" | "price" | "amount" | "fee" | "tax" | "ratio" | "cost_basis" | "acquired";

/** What each type of entry asks for; what may be left out is optional below. */
const shapes = {
  buy: ["symbol", "quantity", "price", "fee"],
  sell: ["symbol", "quantity", "price", "fee"],
  deposit: ["amount"],
  withdrawal: ["amount"],
  dividend: ["symbol", "amount", "tax"],
  interest: ["amount"],
  fee: ["amount"],
  tax: ["amount"],
  split: ["symbol", "ratio"],
  reinvest: ["symbol", "quantity", "price", "tax"],
  opening: ["symbol", "quantity", "cost_basis", "acquired"],
  transfer_in: ["symbol", "quantity", "cost_basis", "acquired"],
} as const satisfies Record<string, readonly FieldName[]>;

type Type = keyof typeof shapes;

const optional: ReadonlySet<FieldName> = new Set(["fee", "tax", "acquired"]);

const types = Object.keys(shapes) as Type[];

const labels = {
  symbol: "Symbol",
  quantity: "Quantity",
  price: "Price per share",
  amount: "Amount",
  fee: "Fee",
  tax: "Tax",
  ratio: "New shares per old share",
  cost_basis: "Cost in all",
  acquired: "Held since",
} as const satisfies Record<FieldName, string>;

type Props = { portfolio: Portfolio; marketDay: string; onRecorded: (transaction: Transaction) => void };

export function TransactionForm({ portfolio, marketDay, onRecorded }: Props) {
  const record = useRecordTransaction(portfolio.id);
  const idempotency = useIdempotencyKey();
  const [type, setType] = useState<Type>("buy");
  const error = record.error;
  const refusal = error instanceof ApiError ? error : undefined;
  const shape: readonly FieldName[] = shapes[type];
  const shown = ["date", "type", "account_id", "currency", ...shape];
  const unplaced = refusal?.fields.filter(({ pointer }) => !shown.some((name) => pointer.includes(name))) ?? [];

  const submit = (data: FormData) => {
    const transaction: NewTransaction = { type, date: textOf(data, "date") };
    for (const name of [...shape, "account_id", "currency", "note"] as const) {
      const value = textOf(data, name);
      if (value !== "") transaction[name] = name === "symbol" || name === "currency" ? value.toUpperCase() : value;
    }
    record.mutate(
      { transaction, idempotencyKey: idempotency.keyFor(transaction) },
      {
        onSuccess: (answer) => {
          idempotency.settle();
          onRecorded(answer);
        },
      },
    );
  };

  return (
    <form
      aria-label="Add transaction"
      className="mb-4 rounded-lg border border-line bg-canvas p-4"
      onSubmit={(event) => {
        event.preventDefault();
        submit(new FormData(event.currentTarget));
      }}
    >
      {error !== null && (refusal === undefined || refusal.fields.length === 0) && (
        <div className="mb-3">
          <ErrorNote error={error} />
        </div>
      )}
      {unplaced.map(({ pointer, detail }) => (
        <p key={pointer} role="alert" className="mb-3 text-sm text-loss">
          {pointer}: {detail}
        </p>
      ))}
      <div className="grid grid-cols-2 gap-3 sm:grid-cols-3 lg:grid-cols-4">
        <SelectField
          label="Type"
          name="type"
          value={type}
          error={refusal?.field("type")}
          onChange={(event) => {
            const chosen = types.find((option) => option === event.target.value);
            if (chosen !== undefined) setType(chosen);
            record.reset();
          }}
        >
          {types.map((option) => (
            <option key={option} value={option}>
              {humanise(option)}
            </option>
          ))}
        </SelectField>
        <TextField
          label="Date"
          name="date"
          type="date"
          required
          max={marketDay}
          defaultValue={marketDay}
          error={refusal?.field("date")}
        />
        {shape.map((name) =>
          name === "symbol" ? (
            <SymbolField key={name} error={refusal?.field(name)} />
          ) : (
            <TextField
              key={name}
              label={labels[name]}
              name={name}
              {...(name === "acquired" ? { type: "date", max: marketDay } : { inputMode: "decimal" })}
              autoComplete="off"
              required={!optional.has(name)}
              placeholder={name === "fee" || name === "tax" ? "none" : undefined}
              error={refusal?.field(name)}
            />
          ),
        )}
        {type !== "split" && (
          <>
            <SelectField label="Account" name="account_id" error={refusal?.field("account_id")}>
              {portfolio.accounts.map((account) => (
                <option key={account.id} value={account.id}>
                  {account.name} ({account.currency})
                </option>
              ))}
            </SelectField>
            <TextField
              label="Currency"
              name="currency"
              placeholder="the account's"
              maxLength={3}
              autoComplete="off"
              error={refusal?.field("currency")}
            />
          </>
        )}
        <TextField label="Note" name="note" maxLength={500} className="col-span-2" error={refusal?.field("note")} />
      </div>
      <div className="mt-3 flex justify-end">
        <Button type="submit" variant="primary" busy={record.isPending}>
          Record
        </Button>
      </div>
    </form>
  );
}
