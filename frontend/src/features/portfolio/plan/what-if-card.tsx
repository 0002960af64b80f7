import { Plus, Trash2 } from "lucide-react";
import { useState } from "react";

import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { DataTable } from "@/components/data-table";
import { SelectField, TextField } from "@/components/field";
import { SymbolField } from "@/components/symbol-field";
import { useWhatIf } from "@/features/portfolio/api/plans";
import type { Portfolio } from "@/features/portfolio/api/types";
import { Refusal } from "@/features/portfolio/plan/refusal";
import { Conventions } from "@/components/conventions";
import type { SideModel, WhatIfModel } from "@/lib/api/gen/stock/types.gen";
import { formatDay, formatNumber, formatPercent } from "@/lib/format";
import { formatMoney } from "@/lib/money";

type Trade = { key: number; type: "buy" | "sell"; symbol: string; quantity: string; price: string };

const first: Trade = { key: 0, type: "buy", symbol: "", quantity: "", price: "" };

/** Trades tried on a copy: value, allocation, risk and realised lots side by side. */
export function WhatIfCard({ portfolio }: { portfolio: Portfolio }) {
  const whatIf = useWhatIf(portfolio.id);
  const [trades, setTrades] = useState<readonly Trade[]>([first]);
  const change = (key: number, part: Partial<Trade>) =>
    setTrades(trades.map((trade) => (trade.key === key ? { ...trade, ...part } : trade)));
  return (
    <Card title="What if" note="Tried on a copy: the ledger stays as it is">
      <form
        aria-label="What if"
        className="mb-3 flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          whatIf.mutate({
            trades: trades.map(({ type, symbol, quantity, price }) => ({
              type,
              symbol: symbol.trim().toUpperCase(),
              quantity: quantity.trim(),
              ...(price.trim() === "" ? {} : { price: price.trim() }),
            })),
          });
        }}
      >
        {trades.map((trade, position) => (
          <div key={trade.key} className="grid grid-cols-[1fr_1fr_1fr_1fr_auto] items-end gap-2">
            <SelectField
              label={`Trade ${position + 1}`}
              value={trade.type}
              onChange={(event) => change(trade.key, { type: event.target.value === "sell" ? "sell" : "buy" })}
            >
              <option value="buy">Buy</option>
              <option value="sell">Sell</option>
            </SelectField>
            <SymbolField value={trade.symbol} onChange={(symbol) => change(trade.key, { symbol })} />
            <TextField
              label="Quantity"
              inputMode="decimal"
              required
              autoComplete="off"
              value={trade.quantity}
              onChange={(event) => change(trade.key, { quantity: event.target.value })}
            />
            <TextField
              label="Price"
              inputMode="decimal"
              placeholder="the last one"
              autoComplete="off"
              value={trade.price}
              onChange={(event) => change(trade.key, { price: event.target.value })}
            />
            <Button
              variant="quiet"
              aria-label={`Leave out trade ${position + 1}`}
              disabled={trades.length === 1}
              onClick={() => setTrades(trades.filter((other) => other.key !== trade.key))}
            >
              <Trash2 aria-hidden className="size-4" />
            </Button>
          </div>
        ))}
        <div className="flex justify-between">
          <Button
            size="small"
            disabled={trades.length >= 50}
            onClick={() => setTrades([...trades, { ...first, key: Math.max(...trades.map(({ key }) => key)) + 1 }])}
          >
            <Plus aria-hidden className="size-3.5" />
            Another trade
          </Button>
          <Button type="submit" variant="primary" busy={whatIf.isPending}>
            Compare
          </Button>
        </div>
      </form>
      <Refusal error={whatIf.error} />
      {whatIf.data !== undefined && <Comparison answer={whatIf.data} />}
    </Card>
  );
}

type Row = { label: string; of: (side: SideModel) => string };

const rows: readonly Row[] = [
  { label: "Total", of: (side) => formatMoney(side.total) },
  { label: "Cash", of: (side) => formatMoney(side.cash_value) },
  { label: "Realised gain", of: (side) => formatMoney(side.realised, { sign: true }) },
  { label: "Largest holding", of: (side) => largest(side) },
  { label: "Volatility", of: ({ risk }) => percent(risk.volatility) },
  { label: "Sharpe ratio", of: ({ risk }) => (risk.sharpe === null ? "undefined" : formatNumber(risk.sharpe)) },
  { label: "Max drawdown", of: ({ risk }) => percent(risk.max_drawdown) },
  { label: "Concentration (HHI)", of: ({ risk }) => (risk.hhi === null ? "undefined" : formatNumber(risk.hhi, 3)) },
];

function Comparison({ answer }: { answer: WhatIfModel }) {
  return (
    <div className="flex flex-col gap-3 text-sm">
      <DataTable
        label="Before and after"
        rows={rows}
        keyOf={(row) => row.label}
        columns={[
          { label: `On ${formatDay(answer.as_of)}`, cell: (row) => row.label },
          { label: "Before", numeric: true, cell: (row) => row.of(answer.before) },
          { label: "After", numeric: true, cell: (row) => row.of(answer.after) },
        ]}
      />
      {answer.sales.map((sale) => (
        <p key={`${sale.account_id} ${sale.symbol}`}>
          Selling {sale.symbol} takes {sale.lots.length} {sale.lots.length === 1 ? "lot" : "lots"} and realises{" "}
          {formatMoney(sale.gain, { sign: true })}.
        </p>
      ))}
      {answer.warnings.map((warning) => (
        <p key={warning} className="text-warn">
          {warning}
        </p>
      ))}
      <Conventions conventions={answer.conventions} />
    </div>
  );
}

function percent(fraction: number | null): string {
  return fraction === null ? "undefined" : formatPercent(fraction);
}

function largest({ holdings }: SideModel): string {
  const [top] = [...holdings].sort((left, right) => (right.weight ?? 0) - (left.weight ?? 0));
  return top?.weight == null ? "none" : `${top.symbol} ${formatPercent(top.weight, { digits: 1 })}`;
}
