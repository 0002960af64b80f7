import { ArrowDown, ArrowUp, BellPlus, X } from "lucide-react";
import type { ReactNode } from "react";

import { SignedMoney, SignedPercent } from "@/components/amount";
import { Badge } from "@/components/badge";
import type { QuotedWatchlist } from "@/features/watch/api/watchlists";
import type { QuoteModel, SymbolErrorModel } from "@/lib/api/gen/stock/types.gen";
import { classNames } from "@/lib/class-names";
import { formatInstant } from "@/lib/format";
import { formatMoney } from "@/lib/money";

type Props = {
  list: QuotedWatchlist;
  busy: boolean;
  onAlert: (symbol: string) => void;
  onReplace: (symbol: string, by: string) => void;
  onRemove: (symbol: string) => void;
  onMove: (symbol: string, step: -1 | 1) => void;
};

const cell = "py-2 pr-3 text-right tabular-nums whitespace-nowrap";

export function QuotesTable({ list, busy, onAlert, onReplace, onRemove, onMove }: Props) {
  const quotes = new Map(list.quotes.items.map((quote) => [quote.symbol, quote]));
  const errors = new Map(list.quotes.errors.map((error) => [error.symbol, error]));
  return (
    <div className="-mx-4 overflow-x-auto px-4 sm:-mx-5 sm:px-5" tabIndex={0} role="group" aria-label="Quotes">
      <table aria-label={`Quotes of ${list.name}`} className="w-full text-sm">
        <thead>
          <tr className="border-b border-line text-xs text-muted">
            {["Symbol", "Price", "Change", "As of"].map((label, index) => (
              <th
                key={label}
                scope="col"
                className={classNames("py-2 pr-3 font-medium", index === 0 ? "text-left" : "text-right")}
              >
                {label}
              </th>
            ))}
            <th scope="col">
              <span className="sr-only">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {list.symbols.map((symbol, index) => {
            const quote = quotes.get(symbol);
            return (
              <tr key={symbol} className="border-b border-line last:border-0">
                <th scope="row" className="max-w-44 py-2 pr-3 text-left font-medium">
                  {symbol}
                  {quote !== undefined && quote.name !== "" && (
                    <span className="block truncate text-xs font-normal text-muted">{quote.name}</span>
                  )}
                </th>
                {quote === undefined ? (
                  <MissingQuote error={errors.get(symbol)} onReplace={(by) => onReplace(symbol, by)} />
                ) : (
                  <QuoteCells quote={quote} />
                )}
                <td className="py-2 text-right whitespace-nowrap">
                  <IconButton label={`New alert for ${symbol}`} disabled={false} onClick={() => onAlert(symbol)}>
                    <BellPlus aria-hidden className="size-4" />
                  </IconButton>
                  <IconButton
                    label={`Move ${symbol} up`}
                    disabled={busy || index === 0}
                    onClick={() => onMove(symbol, -1)}
                  >
                    <ArrowUp aria-hidden className="size-4" />
                  </IconButton>
                  <IconButton
                    label={`Move ${symbol} down`}
                    disabled={busy || index === list.symbols.length - 1}
                    onClick={() => onMove(symbol, 1)}
                  >
                    <ArrowDown aria-hidden className="size-4" />
                  </IconButton>
                  <IconButton label={`Remove ${symbol}`} disabled={busy} onClick={() => onRemove(symbol)}>
                    <X aria-hidden className="size-4" />
                  </IconButton>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function QuoteCells({ quote }: { quote: QuoteModel }) {
  return (
    <>
      <td className={classNames(cell, "font-medium")}>{formatMoney(quote.price)}</td>
      <td className={cell}>
        {quote.change === null ? (
          <span className="text-xs text-muted">{quote.undefined["change"] ?? "not known"}</span>
        ) : (
          <>
            <SignedMoney money={quote.change} />
            {quote.change_fraction !== null && (
              <SignedPercent fraction={quote.change_fraction} className="block text-xs" />
            )}
          </>
        )}
      </td>
      <td className={classNames(cell, "text-xs text-muted")}>
        {formatInstant(quote.as_of)}
        <span className="mt-0.5 flex items-center justify-end gap-1.5">
          {quote.stale && <Badge tone="warn">stale</Badge>}
          {quote.source}
        </span>
      </td>
    </>
  );
}

type MissingProps = { error: SymbolErrorModel | undefined; onReplace: (by: string) => void };

function MissingQuote({ error, onReplace }: MissingProps) {
  return (
    <td colSpan={3} className="py-2 pr-3 text-xs text-muted">
      {error?.detail ?? "No quote yet"}
      {(error?.suggestions ?? []).map((suggestion) => (
        <button
          key={suggestion}
          type="button"
          onClick={() => onReplace(suggestion)}
          className="ml-2 text-accent underline"
        >
          Use {suggestion}
        </button>
      ))}
    </td>
  );
}

type IconButtonProps = { label: string; disabled: boolean; onClick: () => void; children: ReactNode };

function IconButton({ label, disabled, onClick, children }: IconButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      disabled={disabled}
      onClick={onClick}
      className="rounded p-1 text-muted hover:bg-raised hover:text-ink disabled:opacity-30"
    >
      {children}
    </button>
  );
}
