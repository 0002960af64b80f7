import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { expect, test } from "vitest";

import type { Portfolio } from "@/features/portfolio/api/types";
import { PlanPage } from "@/features/portfolio/plan/plan-page";
import type { RebalanceModel, TargetsModel, WhatIfModel } from "@/lib/api/gen/stock/types.gen";
import { renderWithQueries } from "@/testing/render";
import { server } from "@/testing/server";

const path = "/api/stock/v1/portfolios";
const usd = (amount: string) => ({ amount, currency: "USD" });

const portfolio: Portfolio = {
  id: "prt_1",
  name: "My demo",
  base_currency: "USD",
  accounts: [{ id: "acc_1", name: "Brokerage", currency: "USD" }],
  cost_method: "FIFO",
  version: 1,
  created_at: "2024-01-02T00:00:00Z",
};

const slice = (key: string, weight: number) => ({
  key,
  label: key,
  symbols: [key],
  value: usd(String(weight * 1000)),
  weight,
});

const plan: RebalanceModel = {
  as_of: "2024-11-29",
  band: 0.02,
  bought: usd("400.00"),
  by: "holding",
  cash_left: usd("0.00"),
  conventions: {},
  drift_after: 0,
  drift_before: 0.4,
  fees: usd("2.00"),
  gain: usd("55.00"),
  groups: [],
  largest_drift_after: 0,
  largest_drift_before: 0.2,
  locked: [],
  mode: "full",
  new_cash: usd("0.00"),
  no_trades_because: null,
  sold: usd("400.00"),
  targets_version: 1,
  total_after: usd("998.00"),
  total_before: usd("1000.00"),
  tracking_after: null,
  tracking_before: null,
  trades: [
    {
      account_id: "acc_1",
      amount: usd("400.00"),
      fee: usd("1.00"),
      price: usd("100.00"),
      quantity: "4",
      realises: null,
      side: "buy",
      symbol: "JPM",
    },
  ],
  undefined: {},
  unreachable: [],
  warnings: [],
};

/** Targets that are kept, and all bodies that were sent. */
function serve(): { sent: unknown[] } {
  const sent: unknown[] = [];
  let targets: TargetsModel | undefined;
  server.use(
    http.get(path, () => HttpResponse.json({ items: [portfolio], next_page_token: "" })),
    http.get("/api/stock/v1/instruments", () => HttpResponse.json({ items: [], next_page_token: "" })),
    http.get(`${path}/prt_1/allocation`, ({ request }) =>
      HttpResponse.json({
        as_of: "2024-11-29",
        by: new URL(request.url).searchParams.get("by"),
        items: [slice("AAPL", 0.8), slice("JPM", 0.2)],
        total: usd("1000"),
        undefined: {},
        unpriced: [],
      }),
    ),
    http.get(`${path}/prt_1/targets`, () =>
      targets === undefined
        ? HttpResponse.json({ reason: "TARGETS_NOT_SET", status: 404 }, { status: 404 })
        : HttpResponse.json(targets),
    ),
    http.put(`${path}/prt_1/targets`, async ({ request }) => {
      const body = (await request.json()) as { weights: Record<string, string> };
      sent.push(body);
      const weights = Object.fromEntries(Object.entries(body.weights).map(([key, value]) => [key, Number(value)]));
      const sum = Object.values(weights).reduce((total, weight) => total + weight, 0);
      if (sum !== 1) {
        const errors = [{ pointer: "/weights", detail: "must sum to 1" }];
        return HttpResponse.json({ errors }, { status: 422 });
      }
      targets = { band: 0.02, by: "holding", updated_at: "2026-01-02T03:04:05Z", version: 1, weights };
      return HttpResponse.json(targets);
    }),
    http.delete(`${path}/prt_1/targets`, () => {
      targets = undefined;
      return new HttpResponse(null, { status: 204 });
    }),
    http.post(`${path}/prt_1/rebalance`, async ({ request }) => {
      sent.push(await request.json());
      return HttpResponse.json(plan);
    }),
  );
  return { sent };
}

test("targets are set in percent, refused by name, and lead to trades", async () => {
  const { sent } = serve();
  renderWithQueries(<PlanPage />);
  expect(await screen.findByText("No targets are set")).toBeVisible();
  const form = within(await screen.findByRole("form", { name: "Targets" }));
  await userEvent.type(form.getByRole("textbox", { name: "Target of AAPL in percent" }), "60");
  await userEvent.type(form.getByRole("textbox", { name: "Target of JPM in percent" }), "30");
  await userEvent.click(form.getByRole("button", { name: "Save targets" }));
  expect(await form.findByText(/must sum to 1/)).toBeVisible();
  await userEvent.clear(form.getByRole("textbox", { name: "Target of JPM in percent" }));
  await userEvent.type(form.getByRole("textbox", { name: "Target of JPM in percent" }), "40");
  await userEvent.click(form.getByRole("button", { name: "Save targets" }));

  await userEvent.type(await screen.findByRole("textbox", { name: "Fee of a trade" }), "1");
  await userEvent.click(screen.getByRole("button", { name: "Work out the trades" }));
  const trades = within(await screen.findByRole("table", { name: "Trades" }));
  expect(trades.getByRole("row", { name: "JPM Buy 4 $100.00 $400.00 Brokerage" })).toBeVisible();
  expect(screen.getByText(/The largest drift goes from 20.00% to 0.00%/)).toBeVisible();
  expect(sent).toEqual([
    { by: "holding", band: "0.02", version: 0, weights: { AAPL: "0.60", JPM: "0.30" } },
    { by: "holding", band: "0.02", version: 0, weights: { AAPL: "0.60", JPM: "0.40" } },
    { mode: "full", cash: "0", whole_shares: true, fee: { fixed: "1" }, min_trade: "0", candidates: [] },
  ]);

  await userEvent.click(screen.getByRole("button", { name: "Remove" }));
  expect(await screen.findByText("No targets are set")).toBeVisible();
});

test("trades are tried on a copy and compared side by side", async () => {
  serve();
  const risk = {
    beta: null,
    correlation: null,
    covered: 1,
    cvar95_hist: null,
    diversification_ratio: null,
    effective_number: null,
    hhi: 0.5,
    max_drawdown: null,
    n_returns: 0,
    risk_contribution: null,
    sharpe: null,
    sortino: null,
    total_return: null,
    undefined: {},
    var95_hist: null,
    volatility: 0.2,
    worst_daily_return: null,
  };
  const side = {
    allocation: {},
    cash: [],
    cash_value: usd("100.00"),
    holdings: [],
    realised: usd("0.00"),
    risk,
    total: usd("1000.00"),
    undefined: {},
  };
  const answer: WhatIfModel = {
    as_of: "2024-11-29",
    version: 1,
    window_start: null,
    benchmark: "",
    before: side,
    after: { ...side, cash_value: usd("0.00"), risk: { ...risk, volatility: 0.25 } },
    trades: [],
    sales: [],
    gain: usd("0.00"),
    fees: usd("0.00"),
    left_out: {},
    warnings: ["AAPL has no price after Nov 29"],
    conventions: {},
  };
  const sent: unknown[] = [];
  server.use(
    http.post(`${path}/prt_1/what-if`, async ({ request }) => {
      sent.push(await request.json());
      return HttpResponse.json(answer);
    }),
  );
  renderWithQueries(<PlanPage />);
  const form = within(await screen.findByRole("form", { name: "What if" }));
  await userEvent.type(form.getByRole("combobox", { name: "Symbol" }), "aapl");
  await userEvent.type(form.getByRole("textbox", { name: "Quantity" }), "2");
  await userEvent.click(form.getByRole("button", { name: "Compare" }));
  const table = within(await screen.findByRole("table", { name: "Before and after" }));
  expect(table.getByRole("row", { name: "Cash $100.00 $0.00" })).toBeVisible();
  expect(table.getByRole("row", { name: "Volatility 20.00% 25.00%" })).toBeVisible();
  expect(table.getByRole("row", { name: "Sharpe ratio undefined undefined" })).toBeVisible();
  expect(screen.getByText("AAPL has no price after Nov 29")).toBeVisible();
  await waitFor(() => expect(sent).toEqual([{ trades: [{ type: "buy", symbol: "AAPL", quantity: "2" }] }]));
});
