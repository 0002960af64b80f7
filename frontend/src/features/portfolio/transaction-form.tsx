import { useState } from "react";

import { Button } from "@/components/button";
import { ErrorNote } from "@/components/error-note";
import { SelectField, TextField } from "@/components/field";
import { useRecordTransaction, type NewTransaction } from "@/features/portfolio/api/transactions";
import type { Portfolio, Transaction } from "@/features/portfolio/api/types";
import { EntryField } from "@/features/portfolio/entry-field";
import {
  isOfAllAccounts,
  shapedTypes,
  shapes,
  takesLots,
  type FieldName,
  type ShapedType,
} from "@/features/portfolio/entry-shapes";
import { LotsField, lotsOf } from "@/features/portfolio/lots-field";
import { useIdempotencyKey } from "@/hooks/use-idempotency-key";
import { ApiError } from "@/lib/api/api-error";
import { humanise } from "@/lib/format";
import { textOf } from "@/lib/form";

type Props = { portfolio: Portfolio; marketDay: string; onRecorded: (transaction: Transaction) => void };

const inCapitals: ReadonlySet<string> = new Set(["symbol", "new_symbol", "currency"]);

export function TransactionForm({ portfolio, marketDay, onRecorded }: Props) {
  const record = useRecordTransaction(portfolio.id);
  const idempotency = useIdempotencyKey();
  const [type, setType] = useState<ShapedType>("buy");
  const [day, setDay] = useState(marketDay);
  const [symbol, setSymbol] = useState("");
  const [accountId, setAccountId] = useState(portfolio.accounts[0]?.id ?? "");
  const [choosing, setChoosing] = useState(false);
  const error = record.error;
  const refusal = error instanceof ApiError ? error : undefined;
  const shape: readonly FieldName[] = shapes[type];
  const choosesLots = takesLots(type) && choosing;
  const shown = ["date", "type", "account_id", "currency", ...shape, ...(choosesLots ? ["lots"] : [])];
  const unplaced = refusal?.fields.filter(({ pointer }) => !shown.some((name) => pointer.includes(name))) ?? [];

  const submit = (data: FormData) => {
    const transaction: NewTransaction = { type, date: textOf(data, "date") };
    for (const name of [...shape, "account_id", "currency", "note"] as const) {
      const value = textOf(data, name);
      if (value !== "") transaction[name] = inCapitals.has(name) ? value.toUpperCase() : value;
    }
    const lots = lotsOf(data);
    if (choosesLots && lots.length > 0) transaction.lots = lots;
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
            const chosen = shapedTypes.find((option) => option === event.target.value);
            if (chosen !== undefined) setType(chosen);
            record.reset();
          }}
        >
          {shapedTypes.map((option) => (
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
          value={day}
          onChange={(event) => setDay(event.target.value)}
          error={refusal?.field("date")}
        />
        {shape.map((name) => (
          <EntryField
            key={name}
            type={type}
            name={name}
            error={refusal?.field(name)}
            marketDay={marketDay}
            otherAccounts={portfolio.accounts.filter((account) => account.id !== accountId)}
            {...(name === "symbol" ? { value: symbol, onChange: setSymbol } : {})}
          />
        ))}
        {!isOfAllAccounts(type) && (
          <>
            <SelectField
              label="Account"
              name="account_id"
              value={accountId}
              onChange={(event) => setAccountId(event.target.value)}
              error={refusal?.field("account_id")}
            >
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
        {takesLots(type) && (
          <label className="col-span-full flex items-center gap-2 text-sm">
            <input type="checkbox" checked={choosing} onChange={(event) => setChoosing(event.target.checked)} />
            Choose the lots (otherwise {portfolio.cost_method})
          </label>
        )}
        {choosesLots && (
          <LotsField
            portfolioId={portfolio.id}
            symbol={symbol}
            accountId={accountId}
            day={day}
            error={refusal?.field("lots")}
          />
        )}
      </div>
      <div className="mt-3 flex justify-end">
        <Button type="submit" variant="primary" busy={record.isPending}>
          Record
        </Button>
      </div>
    </form>
  );
}
