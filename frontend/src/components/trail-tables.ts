import type { TrailModel } from "@/lib/api/gen/stock/types.gen";
import { formatDay, formatNumber, formatPercent } from "@/lib/format";
import { formatQuantity } from "@/lib/money";

/** Names an account by its id. */
export type AccountNames = (accountId: string) => string;

type Column<T> = { label: string; numeric?: true; text: (row: T, accounts: AccountNames) => string };

export type TrailTable = {
  title: string;
  columns: readonly { label: string; numeric?: true }[];
  /** The cells of a page's rows, as text. */
  cells: (page: TrailModel, accounts: AccountNames) => string[][];
};

function table<T>(title: string, rows: (page: TrailModel) => readonly T[], columns: readonly Column<T>[]): TrailTable {
  return {
    title,
    columns,
    cells: (page, accounts) => rows(page).map((row) => columns.map((column) => column.text(row, accounts))),
  };
}

const decimal = formatQuantity;
const rate = (value: number | null | undefined) =>
  value == null ? "" : formatPercent(value, { digits: 4, sign: true });
const amount = (value: number) => formatNumber(value);

/** The tables a trail may have, in the order in which they are read. Amounts without a currency are in the base currency. */
export const trailTables = {
  positions: table("Positions: quantity × close × split factor × rate", (page) => page.positions, [
    { label: "Symbol", text: (row) => row.symbol },
    { label: "Account", text: (row, accounts) => accounts(row.account_id) },
    { label: "Day", text: (row) => formatDay(row.as_of) },
    { label: "Quantity", numeric: true, text: (row) => decimal(row.quantity) },
    { label: "Close", numeric: true, text: (row) => `${decimal(row.close)} ${row.currency}` },
    { label: "Price of", text: (row) => `${formatDay(row.price_as_of)}${row.stale ? " (stale)" : ""}` },
    { label: "Source", text: (row) => row.source },
    { label: "Split factor", numeric: true, text: (row) => decimal(row.split_factor) },
    { label: "Rate", numeric: true, text: (row) => decimal(row.rate) },
    { label: "Value", numeric: true, text: (row) => decimal(row.value) },
  ]),
  cash: table("Cash: amount × rate", (page) => page.cash, [
    { label: "Currency", text: (row) => row.currency },
    { label: "Account", text: (row, accounts) => accounts(row.account_id) },
    { label: "Day", text: (row) => formatDay(row.as_of) },
    { label: "Amount", numeric: true, text: (row) => decimal(row.amount) },
    { label: "Rate", numeric: true, text: (row) => decimal(row.rate) },
    { label: "Value", numeric: true, text: (row) => decimal(row.value) },
  ]),
  lots: table("Lots", (page) => page.lots, [
    { label: "Symbol", text: (row) => row.symbol },
    { label: "Account", text: (row, accounts) => accounts(row.account_id) },
    { label: "Bought", text: (row) => formatDay(row.date) },
    { label: "Quantity", numeric: true, text: (row) => decimal(row.quantity) },
    { label: "Cost", numeric: true, text: (row) => `${decimal(row.cost)} ${row.currency}` },
    { label: "Cost basis", numeric: true, text: (row) => decimal(row.cost_basis) },
  ]),
  flows: table("Flows: what moved in or out", (page) => page.flows, [
    { label: "Day", text: (row) => formatDay(row.date) },
    { label: "Kind", text: (row) => row.kind },
    { label: "Symbol", text: (row) => row.symbol },
    { label: "Amount", numeric: true, text: (row) => `${decimal(row.amount)} ${row.currency}` },
    { label: "Value", numeric: true, text: (row) => decimal(row.value) },
  ]),
  sales: table("Sales: proceeds − cost", (page) => page.sales, [
    { label: "Symbol", text: (row) => row.symbol },
    { label: "Account", text: (row, accounts) => accounts(row.account_id) },
    { label: "Sold", text: (row) => formatDay(row.date) },
    { label: "Quantity", numeric: true, text: (row) => decimal(row.quantity) },
    { label: "Proceeds", numeric: true, text: (row) => decimal(row.proceeds) },
    { label: "Cost", numeric: true, text: (row) => decimal(row.cost) },
    { label: "Gain", numeric: true, text: (row) => decimal(row.gain) },
    { label: "Lots taken", text: (row) => row.lots.map((lot) => formatDay(lot.date)).join("; ") },
  ]),
  income: table("Income", (page) => page.income, [
    { label: "Day", text: (row) => formatDay(row.date) },
    { label: "Symbol", text: (row) => row.symbol },
    { label: "Gross", numeric: true, text: (row) => decimal(row.gross) },
    { label: "Tax", numeric: true, text: (row) => decimal(row.tax) },
    { label: "Fee", numeric: true, text: (row) => decimal(row.fee) },
  ]),
  charges: table("Fees and taxes", (page) => page.charges, [
    { label: "Day", text: (row) => formatDay(row.date) },
    { label: "Symbol", text: (row) => row.symbol },
    { label: "Fee", numeric: true, text: (row) => decimal(row.fee) },
    { label: "Tax", numeric: true, text: (row) => decimal(row.tax) },
  ]),
  effects: table("Days of the contribution: gain / value before × coefficient", (page) => page.effects, [
    { label: "Day", text: (row) => formatDay(row.date) },
    { label: "Gain", numeric: true, text: (row) => amount(row.gain) },
    { label: "Value before", numeric: true, text: (row) => amount(row.before) },
    { label: "Coefficient", numeric: true, text: (row) => formatNumber(row.coefficient, 6) },
  ]),
  steps: table("Days of the chain: rate = (value − flow) / value before − 1", (page) => page.steps, [
    { label: "Day", text: (row) => formatDay(row.date) },
    { label: "Value before", numeric: true, text: (row) => amount(row.before) },
    { label: "Flow", numeric: true, text: (row) => amount(row.flow) },
    { label: "Value", numeric: true, text: (row) => amount(row.value) },
    { label: "Rate", numeric: true, text: (row) => rate(row.rate) },
    { label: "Benchmark", numeric: true, text: (row) => rate(row.benchmark) },
  ]),
  rates: table("Exchange rates to the base currency", (page) => page.rates, [
    { label: "Currency", text: (row) => row.currency },
    { label: "Day", text: (row) => formatDay(row.date) },
    { label: "Rate", numeric: true, text: (row) => decimal(row.rate) },
    { label: "Published", text: (row) => formatDay(row.published) },
    { label: "Source", text: (row) => row.source },
  ]),
} satisfies Partial<Record<keyof TrailModel, TrailTable>>;
