import type { Money } from "@/lib/money";

type Undefined = { undefined: Record<string, string> };

export type Account = { id: string; name: string; currency: string };
export type Portfolio = {
  id: string;
  name: string;
  base_currency: string;
  accounts: Account[];
  cost_method: string;
  version: number;
};

export type Lot = {
  id: string;
  account_id: string;
  date: string;
  quantity: string;
  price: Money;
  cost_basis: Money;
};

export type Holding = Undefined & {
  symbol: string;
  quantity: string;
  cost_basis: Money;
  price: Money | null;
  price_as_of: string | null;
  stale: boolean;
  market_value: Money | null;
  unrealised: Money | null;
  unrealised_return: number | null;
  weight: number | null;
  lots: Lot[];
};

export type Holdings = {
  portfolio_id: string;
  as_of: string;
  items: Holding[];
  cash: Money[];
  cash_value: Money;
  total: Money;
  stale_prices: number;
  unpriced: string[];
  realised: Money;
  income: Money;
  unrealised: Money;
  cost_basis: Money;
  warnings: string[];
};

export type Performance = Undefined & {
  start: string;
  end: string;
  twr: number | null;
  twr_annual: number | null;
  xirr: number | null;
  simple_return: number | null;
  gain: Money;
  net_flows: Money;
  value_start: Money;
  value_end: Money;
  series: { dates: string[]; value: number[] };
  drawdown: { dates: string[]; values: number[] };
  max_drawdown: number | null;
  benchmark: (Undefined & { symbol: string; twr: number | null; dates: string[]; growth: number[] }) | null;
  warnings: string[];
};

export type RiskMetrics = Undefined & {
  volatility: number | null;
  sharpe: number | null;
  sortino: number | null;
  max_drawdown: number | null;
  var95_hist: number | null;
  cvar95_hist: number | null;
  worst_daily_return: number | null;
  beta: number | null;
  correlation: number | null;
  tracking_error: number | null;
  n_returns: number;
};

export type Risk = { start: string; end: string; benchmark: string | null; metrics: RiskMetrics };

export type AllocationSlice = { key: string; label: string; value: Money; weight: number; symbols: string[] };
export type Allocation = { by: string; slices: AllocationSlice[]; total: Money };

export type Transaction = {
  id: string;
  date: string;
  type: string;
  symbol: string | null;
  quantity: string | null;
  price: string | null;
  amount: string | null;
  fee: string | null;
  currency: string;
  ratio: string | null;
  account_id: string | null;
  note: string | null;
};
