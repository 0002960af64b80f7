import { ArrowDown, ArrowUp, ChevronRight } from "lucide-react";
import { Fragment, useState } from "react";

import { SignedMoney, SignedPercent } from "@/components/amount";
import { Badge } from "@/components/badge";
import { Card } from "@/components/card";
import { EmptyState } from "@/components/empty-state";
import type { Holding, Holdings, Portfolio } from "@/features/portfolio/api/types";
import { UnbookedSplits } from "@/features/portfolio/unbooked-splits";
import { classNames } from "@/lib/class-names";
import { formatDay, formatPercent } from "@/lib/format";
import { compareDecimals, formatMoney, formatQuantity } from "@/lib/money";

type Column = { key: string; label: string; numeric: boolean; compare: (left: Holding, right: Holding) => number };

const columns = [
  { key: "symbol", label: "Symbol", numeric: false, compare: (a, b) => a.symbol.localeCompare(b.symbol) },
  { key: "quantity", label: "Quantity", numeric: true, compare: (a, b) => compareDecimals(a.quantity, b.quantity) },
  {
    key: "price",
    label: "Price",
    numeric: true,
    compare: (a, b) => compareDecimals(a.price?.amount ?? "0", b.price?.amount ?? "0"),
  },
  {
    key: "value",
    label: "Market value",
    numeric: true,
    compare: (a, b) => compareDecimals(a.market_value?.amount ?? "0", b.market_value?.amount ?? "0"),
  },
  {
    key: "unrealised",
    label: "Unrealised",
    numeric: true,
    compare: (a, b) => compareDecimals(a.unrealised?.amount ?? "0", b.unrealised?.amount ?? "0"),
  },
  {
    key: "return",
    label: "Return",
    numeric: true,
    compare: (a, b) => (a.unrealised_return ?? 0) - (b.unrealised_return ?? 0),
  },
  { key: "weight", label: "Weight", numeric: true, compare: (a, b) => (a.weight ?? 0) - (b.weight ?? 0) },
] as const satisfies readonly Column[];

type Key = (typeof columns)[number]["key"];

export function HoldingsCard({ portfolio, holdings }: { portfolio: Portfolio; holdings: Holdings }) {
  const [sort, setSort] = useState<{ key: Key; descending: boolean }>({ key: "value", descending: true });
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const column = columns.find(({ key }) => key === sort.key) ?? columns[0];
  const rows = [...holdings.items].sort(
    (left, right) =>
      (sort.descending ? -1 : 1) * column.compare(left, right) || left.symbol.localeCompare(right.symbol),
  );

  const toggle = (symbol: string) => {
    const next = new Set(open);
    if (!next.delete(symbol)) next.add(symbol);
    setOpen(next);
  };

  return (
    <Card title="Holdings" note={`Values in ${portfolio.base_currency}; prices in the currency of their exchange`}>
      <UnbookedSplits portfolio={portfolio} splits={holdings.unbooked_splits} />
      {rows.length === 0 ? (
        <EmptyState title="Nothing held">Record a purchase below and it appears here.</EmptyState>
      ) : (
        <div
          className="-mx-4 overflow-x-auto px-4 sm:-mx-5 sm:px-5"
          tabIndex={0}
          role="group"
          aria-label="Holdings table"
        >
          <table className="w-full text-sm">
            <thead>
              <tr className="border-b border-line text-xs text-muted">
                {columns.map(({ key, label, numeric }) => (
                  <th
                    key={key}
                    scope="col"
                    aria-sort={sort.key === key ? (sort.descending ? "descending" : "ascending") : "none"}
                    className={classNames("py-2 pr-4 font-medium last:pr-0", numeric ? "text-right" : "text-left")}
                  >
                    <button
                      type="button"
                      className="inline-flex items-center gap-1 hover:text-ink"
                      onClick={() => setSort({ key, descending: sort.key === key ? !sort.descending : numeric })}
                    >
                      {label}
                      {sort.key === key &&
                        (sort.descending ? (
                          <ArrowDown aria-hidden className="size-3" />
                        ) : (
                          <ArrowUp aria-hidden className="size-3" />
                        ))}
                    </button>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((holding) => (
                <Fragment key={holding.symbol}>
                  <HoldingRow
                    holding={holding}
                    open={open.has(holding.symbol)}
                    onToggle={() => toggle(holding.symbol)}
                  />
                  {open.has(holding.symbol) && <LotsRow portfolio={portfolio} holding={holding} />}
                </Fragment>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}

function HoldingRow({ holding, open, onToggle }: { holding: Holding; open: boolean; onToggle: () => void }) {
  const cell = "py-2 pr-4 text-right tabular-nums whitespace-nowrap last:pr-0";
  return (
    <tr className="border-b border-line">
      <th scope="row" className="py-2 pr-4 text-left font-medium whitespace-nowrap">
        <button
          type="button"
          aria-expanded={open}
          aria-label={`Lots of ${holding.symbol}`}
          onClick={onToggle}
          className="mr-1 rounded p-0.5 align-middle text-muted hover:bg-raised hover:text-ink"
        >
          <ChevronRight aria-hidden className={classNames("size-4 transition-transform", open && "rotate-90")} />
        </button>
        {holding.symbol}
      </th>
      <td className={cell}>{formatQuantity(holding.quantity)}</td>
      <td className={cell}>
        {holding.price === null ? <Absent reason={holding.undefined["price"]} /> : formatMoney(holding.price)}
        <span className="mt-0.5 flex items-center justify-end gap-1.5 text-xs text-muted">
          {holding.stale && <Badge tone="warn">stale</Badge>}
          {holding.price_as_of !== null && formatDay(holding.price_as_of)}
        </span>
      </td>
      <td className={classNames(cell, "font-medium")}>
        {holding.market_value === null ? (
          <Absent reason={holding.undefined["market_value"]} />
        ) : (
          formatMoney(holding.market_value)
        )}
      </td>
      <td className={cell}>
        {holding.unrealised === null ? (
          <Absent reason={holding.undefined["unrealised"]} />
        ) : (
          <SignedMoney money={holding.unrealised} />
        )}
      </td>
      <td className={cell}>
        {holding.unrealised_return === null ? (
          <Absent reason={holding.undefined["unrealised_return"]} />
        ) : (
          <SignedPercent fraction={holding.unrealised_return} />
        )}
      </td>
      <td className={cell}>
        {holding.weight === null ? (
          <Absent reason={holding.undefined["weight"]} />
        ) : (
          formatPercent(holding.weight, { digits: 1 })
        )}
      </td>
    </tr>
  );
}

function Absent({ reason }: { reason: string | undefined }) {
  return (
    <span className="text-xs text-muted" title={reason}>
      {reason ?? "not known"}
    </span>
  );
}

function LotsRow({ portfolio, holding }: { portfolio: Portfolio; holding: Holding }) {
  const accounts = new Map(portfolio.accounts.map((account) => [account.id, account.name]));
  return (
    <tr className="border-b border-line bg-canvas">
      <td colSpan={columns.length} className="px-4 py-3">
        <table className="w-full max-w-3xl text-xs">
          <caption className="mb-1 text-left font-medium">
            Lots of {holding.symbol}, cost basis {formatMoney(holding.cost_basis)}
          </caption>
          <thead>
            <tr className="text-muted">
              <th scope="col" className="py-1 pr-4 text-left font-medium">
                Acquired
              </th>
              <th scope="col" className="py-1 pr-4 text-left font-medium">
                Account
              </th>
              <th scope="col" className="py-1 pr-4 text-right font-medium">
                Quantity
              </th>
              <th scope="col" className="py-1 pr-4 text-right font-medium">
                Cost per share
              </th>
              <th scope="col" className="py-1 text-right font-medium">
                Cost basis
              </th>
            </tr>
          </thead>
          <tbody>
            {holding.lots.map((lot) => (
              <tr key={`${lot.id} ${lot.account_id}`} className="tabular-nums">
                <td className="py-1 pr-4 whitespace-nowrap">{formatDay(lot.date)}</td>
                <td className="py-1 pr-4">{accounts.get(lot.account_id) ?? lot.account_id}</td>
                <td className="py-1 pr-4 text-right">{formatQuantity(lot.quantity)}</td>
                <td className="py-1 pr-4 text-right">{formatMoney(lot.price)}</td>
                <td className="py-1 text-right">{formatMoney(lot.cost_basis)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </td>
    </tr>
  );
}
