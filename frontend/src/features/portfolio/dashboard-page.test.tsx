import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { expect, test, vi } from "vitest";

import type { Holding, Holdings, Performance, Portfolio, Risk, Transaction } from "@/features/portfolio/api/types";
import { DashboardPage } from "@/features/portfolio/dashboard-page";
import { renderWithQueries } from "@/testing/render";
import { server } from "@/testing/server";

// The chart draws on a canvas, which jsdom has not; what it draws is looked at in the browser tests.
vi.mock("@/features/portfolio/value-chart", () => ({ ValueChart: () => null }));

const path = "/api/stock/v1/portfolios";
const usd = (amount: string) => ({ amount, currency: "USD" });

const portfolio: Portfolio = {
  id: "prt_1",
  name: "Demo",
  base_currency: "USD",
  accounts: [{ id: "acc_1", name: "Brokerage", currency: "USD" }],
  cost_method: "FIFO",
  version: 1,
  created_at: "2024-01-02T00:00:00Z",
};

function aHolding(symbol: string, value: string, part: Partial<Holding> = {}): Holding {
  return {
    symbol,
    quantity: "10",
    cost_basis: usd("1000.00"),
    price: usd("150.00"),
    price_as_of: "2024-11-29",
    price_source: "yahoo",
    stale: false,
    market_value: usd(value),
    unrealised: usd("500.00"),
    unrealised_return: 0.5,
    price_effect: usd("500.00"),
    currency_effect: usd("0.00"),
    weight: 0.5,
    lots: [
      {
        id: "txn_1",
        account_id: "acc_1",
        date: "2020-08-03",
        quantity: "10",
        price: usd("100"),
        cost_basis: usd("1000.00"),
        days_held: 1579,
        long_term: true,
      },
    ],
    undefined: {},
    ...part,
  };
}

const holdings: Holdings = {
  portfolio_id: "prt_1",
  as_of: "2024-11-29",
  items: [aHolding("MSFT", "900.00", { stale: true, price_as_of: "2024-11-20" }), aHolding("AAPL", "1500.00")],
  cash: [usd("100.00")],
  cash_value: usd("100.00"),
  total: usd("12345678901234567.89"),
  cost_basis: usd("2000.00"),
  unrealised: usd("1000.00"),
  realised: usd("-5.00"),
  income: usd("0.00"),
  stale_prices: 1,
  unpriced: [],
  unbooked_splits: [],
  warnings: [],
  conventions: {},
};

const performance: Performance = {
  start: "2023-12-29",
  end: "2024-11-29",
  account_id: null,
  symbol: null,
  gross: false,
  since_inception: true,
  fees: usd("0.00"),
  taxes: usd("0.00"),
  irr: null,
  modified_dietz: null,
  monthly: [],
  twr: 0.2418,
  twr_annual: null,
  xirr: null,
  simple_return: 0.21,
  max_drawdown: -0.09,
  gain: usd("400.00"),
  net_flows: usd("0.00"),
  value_start: usd("2000.00"),
  value_end: usd("2400.00"),
  series: { dates: ["2023-12-29", "2024-11-29"], value: [2000, 2400] },
  drawdown: { dates: ["2023-12-29", "2024-11-29"], values: [0, 0] },
  benchmark: {
    symbol: "SPY",
    twr: 0.2672,
    growth: [1, 1.2672],
    price_as_of: "2024-11-29",
    stale: false,
    same_flows: null,
    undefined: {},
  },
  prices_as_of: "2024-11-29",
  stale_prices: 1,
  warnings: [],
  conventions: {},
  undefined: { xirr: "no sign change" },
};

const risk: Risk = {
  start: "2023-12-29",
  end: "2024-11-29",
  first_date: "2023-12-29",
  last_date: "2024-11-29",
  benchmark: "SPY",
  n_returns: 231,
  volatility: 0.1623,
  beta: null,
  diversification_ratio: null,
  hhi: null,
  holding_correlation: {},
  holding_weights: {},
  risk_contribution: {},
  series: null,
  prices_as_of: "2024-11-29",
  stale_prices: 1,
  warnings: [],
  conventions: {},
  undefined: { beta: "too few common days" },
};

function serve(portfolios: Portfolio[], ledger: Transaction[] = []): void {
  server.use(
    http.get(path, () => HttpResponse.json({ items: portfolios, next_page_token: "" })),
    http.get(`${path}/prt_1/holdings`, () => HttpResponse.json(holdings)),
    http.get(`${path}/prt_1/performance`, () => HttpResponse.json(performance)),
    http.get(`${path}/prt_1/risk`, () => HttpResponse.json(risk)),
    http.get(`${path}/prt_1/allocation`, () =>
      HttpResponse.json({ as_of: "2024-11-29", by: "sector", items: [], total: usd("0"), undefined: {}, unpriced: [] }),
    ),
    http.get(`${path}/prt_1/transactions`, () => HttpResponse.json({ items: ledger, next_page_token: "" })),
    http.get("/api/stock/v1/instruments", () => HttpResponse.json({ items: [], next_page_token: "" })),
  );
}

test("without a portfolio there is a way to one", async () => {
  const portfolios: Portfolio[] = [];
  serve(portfolios);
  server.use(
    http.post(path, () => {
      portfolios.push(portfolio);
      return HttpResponse.json(portfolio, { status: 201 });
    }),
  );
  renderWithQueries(<DashboardPage />);
  await userEvent.click(await screen.findByRole("button", { name: "Create a portfolio" }));
  await userEvent.type(screen.getByRole("textbox", { name: "Portfolio name" }), "Demo");
  await userEvent.click(screen.getByRole("button", { name: "Create" }));
  expect(await screen.findByRole("region", { name: "Portfolio value" })).toBeVisible();
});

test("shows the value to the last digit, and why a figure is absent", async () => {
  serve([portfolio]);
  renderWithQueries(<DashboardPage />);
  const value = await screen.findByRole("region", { name: "Portfolio value" });
  expect(within(value).getByText("$12,345,678,901,234,567.89")).toBeVisible();
  expect(within(value).getByText("1 stale price")).toBeVisible();
  expect(await screen.findByText("+24.18%")).toBeVisible();
  expect(screen.getByText("+26.72%")).toBeVisible();
  expect(screen.getByText("Undefined: no sign change")).toBeVisible();
  expect(await screen.findByText("Undefined: too few common days")).toBeVisible();
});

test("holdings sort by a column and open their lots", async () => {
  serve([portfolio]);
  renderWithQueries(<DashboardPage />);
  const table = within(await screen.findByRole("group", { name: "Holdings table" }));
  const symbols = () => table.getAllByRole("rowheader").map((header) => header.textContent);
  expect(symbols()).toEqual(["AAPL", "MSFT"]);
  await userEvent.click(table.getByRole("button", { name: "Market value" }));
  expect(symbols()).toEqual(["MSFT", "AAPL"]);
  expect(table.getByText("stale")).toBeVisible();
  await userEvent.click(table.getByRole("button", { name: "Lots of AAPL" }));
  expect(table.getByText("Aug 3, 2020")).toBeVisible();
});

test("a recorded entry can be undone; a refused field is named at its place", async () => {
  const ledger: Transaction[] = [];
  serve([portfolio], ledger);
  const keys: (string | null)[] = [];
  server.use(
    http.post(`${path}/prt_1/transactions`, async ({ request }) => {
      keys.push(request.headers.get("idempotency-key"));
      const body = (await request.json()) as Record<string, string>;
      if (body["symbol"] === "NOPE") {
        return HttpResponse.json({ errors: [{ pointer: "/symbol", detail: "no such symbol" }] }, { status: 422 });
      }
      const entry = { ...body, id: "txn_9", sequence: 1, currency: "USD", reversed: false } as unknown as Transaction;
      ledger.push(entry);
      return HttpResponse.json({ ...entry, items: [entry], version: 2 }, { status: 201 });
    }),
    http.delete(`${path}/prt_1/transactions/txn_9`, () => {
      ledger.length = 0;
      return new HttpResponse(null, { status: 204 });
    }),
  );
  renderWithQueries(<DashboardPage />);
  await userEvent.click(await screen.findByRole("button", { name: "Add transaction" }));
  const symbol = screen.getByRole("combobox", { name: "Symbol" });
  await userEvent.type(symbol, "nope");
  await userEvent.type(screen.getByRole("textbox", { name: "Quantity" }), "1.5");
  await userEvent.type(screen.getByRole("textbox", { name: "Price per share" }), "10");
  await userEvent.click(screen.getByRole("button", { name: "Record" }));
  expect(await screen.findByText("no such symbol")).toBeVisible();
  expect(symbol).toBeInvalid();

  await userEvent.clear(symbol);
  await userEvent.type(symbol, "aapl");
  await userEvent.click(screen.getByRole("button", { name: "Record" }));
  expect(await screen.findByText(/Recorded: Buy AAPL on Nov 29, 2024/)).toBeVisible();
  expect(new Set(keys).size).toBe(2);
  await userEvent.click(screen.getByRole("button", { name: "Undo" }));
  expect(await screen.findByText("No entries yet")).toBeVisible();
});

test("a sale takes the lots that were chosen, a spin-off says what it gives away", async () => {
  serve([portfolio]);
  const sent: unknown[] = [];
  server.use(
    http.post(`${path}/prt_1/transactions`, async ({ request }) => {
      sent.push(await request.json());
      return HttpResponse.json({ errors: [{ pointer: "/lots/0/quantity", detail: "too much" }] }, { status: 422 });
    }),
  );
  renderWithQueries(<DashboardPage />);
  await userEvent.click(await screen.findByRole("button", { name: "Add transaction" }));
  await userEvent.selectOptions(screen.getByRole("combobox", { name: "Type" }), "sell");
  await userEvent.type(screen.getByRole("combobox", { name: "Symbol" }), "aapl");
  await userEvent.type(screen.getByRole("textbox", { name: "Quantity" }), "1");
  await userEvent.type(screen.getByRole("textbox", { name: "Price per share" }), "10");
  await userEvent.click(screen.getByRole("checkbox", { name: /Choose the lots/ }));
  const lots = within(screen.getByRole("group", { name: "Lots to take from" }));
  await userEvent.type(await lots.findByRole("textbox", { name: /Aug 3, 2020/ }), "1");
  await userEvent.click(screen.getByRole("button", { name: "Record" }));
  expect(await lots.findByText("too much")).toBeVisible();
  expect(sent).toEqual([
    {
      type: "sell",
      date: "2024-11-29",
      symbol: "AAPL",
      quantity: "1",
      price: "10",
      account_id: "acc_1",
      lots: [{ lot_id: "txn_1", quantity: "1" }],
    },
  ]);

  await userEvent.selectOptions(screen.getByRole("combobox", { name: "Type" }), "spin_off");
  await userEvent.type(screen.getByRole("combobox", { name: "New symbol" }), "jpm");
  await userEvent.type(screen.getByRole("textbox", { name: "New shares per old share" }), "0.25");
  await userEvent.type(screen.getByRole("textbox", { name: "Part of the cost that goes over" }), "0.1");
  await userEvent.click(screen.getByRole("button", { name: "Record" }));
  await waitFor(() =>
    expect(sent[1]).toEqual({
      type: "spin_off",
      date: "2024-11-29",
      symbol: "AAPL",
      new_symbol: "JPM",
      ratio: "0.25",
      cost_fraction: "0.1",
    }),
  );
});
