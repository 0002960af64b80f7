import { Button } from "@/components/button";
import { SelectField, TextField } from "@/components/field";
import { everything, type LedgerFilters } from "@/features/portfolio/api/ledger";
import type { Portfolio } from "@/features/portfolio/api/types";
import { entryTypes } from "@/features/portfolio/entry-types";
import { humanise } from "@/lib/format";

type Props = { portfolio: Portfolio; filters: LedgerFilters; onChange: (filters: LedgerFilters) => void };

/** What of the ledger is shown; takes effect as it is typed. */
export function LedgerFilterBar({ portfolio, filters, onChange }: Props) {
  const change = (part: Partial<LedgerFilters>) => onChange({ ...filters, ...part });
  const filtered = JSON.stringify(filters) !== JSON.stringify(everything);
  return (
    <div role="search" aria-label="Filter entries" className="mb-4 flex flex-wrap items-end gap-3">
      <TextField
        label="Symbol"
        value={filters.symbol}
        autoComplete="off"
        autoCapitalize="characters"
        maxLength={32}
        className="w-28"
        onChange={(event) => change({ symbol: event.target.value.trim().toUpperCase() })}
      />
      <SelectField
        label="Type"
        value={filters.type}
        className="w-36"
        onChange={(event) => change({ type: entryTypes.find((type) => type === event.target.value) ?? "" })}
      >
        <option value="">All</option>
        {entryTypes.map((type) => (
          <option key={type} value={type}>
            {humanise(type)}
          </option>
        ))}
      </SelectField>
      <SelectField
        label="Account"
        value={filters.account_id}
        className="w-40"
        onChange={(event) => change({ account_id: event.target.value })}
      >
        <option value="">All</option>
        {portfolio.accounts.map((account) => (
          <option key={account.id} value={account.id}>
            {account.name}
          </option>
        ))}
      </SelectField>
      <TextField
        label="From"
        type="date"
        value={filters.start}
        max={filters.end === "" ? undefined : filters.end}
        onChange={(event) => change({ start: event.target.value })}
      />
      <TextField
        label="To"
        type="date"
        value={filters.end}
        min={filters.start === "" ? undefined : filters.start}
        onChange={(event) => change({ end: event.target.value })}
      />
      <label className="flex items-center gap-2 py-2 text-sm">
        <input
          type="checkbox"
          checked={filters.include_reversed}
          onChange={(event) => change({ include_reversed: event.target.checked })}
          className="size-4 accent-accent"
        />
        Show what was taken back
      </label>
      {filtered && (
        <Button variant="quiet" onClick={() => onChange(everything)}>
          Clear filters
        </Button>
      )}
    </div>
  );
}
