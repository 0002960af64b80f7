import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { ErrorNote } from "@/components/error-note";
import { SelectField, TextField } from "@/components/field";
import { useCreatePortfolio } from "@/features/portfolio/api/portfolios";
import type { Portfolio } from "@/features/portfolio/api/types";
import { useIdempotencyKey } from "@/hooks/use-idempotency-key";
import { ApiError } from "@/lib/api/api-error";
import { textOf } from "@/lib/form";

const currencies = ["USD", "EUR", "GBP", "CHF", "JPY", "CAD", "AUD", "SEK", "NOK", "DKK"];

type Props = { onClose: () => void; onCreated: (portfolio: Portfolio) => void };

export function NewPortfolioDialog({ onClose, onCreated }: Props) {
  const create = useCreatePortfolio();
  const idempotency = useIdempotencyKey();
  const error = create.error;
  const fields = error instanceof ApiError ? error : undefined;
  return (
    <Dialog title="New portfolio" description="Everything in it is valued in its base currency." onClose={onClose}>
      <form
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          const data = new FormData(event.currentTarget);
          const portfolio = { name: textOf(data, "name"), base_currency: textOf(data, "base_currency") };
          create.mutate(
            { portfolio, idempotencyKey: idempotency.keyFor(portfolio) },
            {
              onSuccess: (created) => {
                idempotency.settle();
                onCreated(created);
              },
            },
          );
        }}
      >
        {error !== null && (fields?.fields.length ?? 0) === 0 && <ErrorNote error={error} />}
        <TextField label="Portfolio name" name="name" required maxLength={80} error={fields?.field("name")} />
        <SelectField label="Base currency" name="base_currency" error={fields?.field("base_currency")}>
          {currencies.map((currency) => (
            <option key={currency}>{currency}</option>
          ))}
        </SelectField>
        <div className="flex justify-end gap-2 pt-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={create.isPending}>
            Create
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
