import { useQuery } from "@tanstack/react-query";

import { ErrorNote } from "@/components/error-note";
import { TextField } from "@/components/field";
import { Spinner } from "@/components/spinner";
import { lotsQuery } from "@/features/portfolio/api/holdings";
import { useDebounced } from "@/hooks/use-debounced";
import { textOf } from "@/lib/form";
import { formatDay } from "@/lib/format";
import { formatMoney, formatQuantity } from "@/lib/money";

type Props = {
  portfolioId: string;
  symbol: string;
  accountId: string;
  day: string;
  error: string | undefined;
};

const prefix = "lot:";

/** Which open lots are sold; all fields empty leaves the choice to the cost method. */
export function LotsField({ portfolioId, symbol, accountId, day, error }: Props) {
  const asked = useDebounced(symbol.trim().toUpperCase());
  const lots = useQuery(lotsQuery(portfolioId, day, asked, accountId));
  return (
    <fieldset className="col-span-full rounded-lg border border-line p-3">
      <legend className="px-1 text-xs font-medium text-muted">Lots to take from</legend>
      {asked === "" && <p className="text-sm text-muted">Name the symbol to see its open lots.</p>}
      {asked !== "" && lots.isPending && <Spinner label={`Looking for lots of ${asked}`} />}
      {lots.isError && <ErrorNote error={lots.error} onRetry={() => void lots.refetch()} />}
      {lots.data?.length === 0 && (
        <p className="text-sm text-muted">
          No lot of {asked} is open in this account on {formatDay(day)}.
        </p>
      )}
      {error !== undefined && (
        <p role="alert" className="mb-2 text-sm text-loss">
          {error}
        </p>
      )}
      {lots.data !== undefined && lots.data.length > 0 && (
        <div className="grid grid-cols-1 gap-3 sm:grid-cols-2 lg:grid-cols-3">
          {lots.data.map((lot) => (
            <TextField
              key={lot.id}
              label={`${formatDay(lot.date)}: ${formatQuantity(lot.quantity)} at ${formatMoney(lot.price)}`}
              name={`${prefix}${lot.id}`}
              inputMode="decimal"
              autoComplete="off"
              placeholder="0"
              hint={`${lot.days_held} days, ${lot.long_term ? "long-term" : "short-term"}`}
            />
          ))}
        </div>
      )}
    </fieldset>
  );
}

/** The lots a form names, without those it leaves empty. */
export function lotsOf(data: FormData): { lot_id: string; quantity: string }[] {
  return [...data.keys()]
    .filter((name) => name.startsWith(prefix) && textOf(data, name) !== "")
    .map((name) => ({ lot_id: name.slice(prefix.length), quantity: textOf(data, name) }));
}
