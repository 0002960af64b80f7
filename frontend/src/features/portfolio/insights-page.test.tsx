import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { expect, test } from "vitest";

import { InsightsPage } from "@/features/portfolio/insights-page";
import type {
  ContributionModel,
  FindingModel,
  IncomeModel,
  IncomeSumModel,
  RealisedModel,
  XRayModel,
} from "@/lib/api/gen/stock/types.gen";
import { renderWithQueries } from "@/testing/render";
import { server } from "@/testing/server";

const path = "/api/stock/v1/portfolios";
const usd = (amount: string) => ({ amount, currency: "USD" });
const none = { fees: 0, taxes: 0, income: 0, currency: 0 };
const nothing: IncomeSumModel = { fees: usd("0"), gross: usd("0"), net: usd("0"), payments: 0, tax: usd("0") };

const contribution: ContributionModel = {
  account_id: null,
  by: "holding",
  conventions: {},
  start: "2023-11-29",
  end: "2024-11-29",
  gain: usd("800.00"),
  items: [
    {
      key: "PFE",
      label: "PFE",
      symbols: ["PFE"],
      average_weight: 0.2,
      contribution: -0.02,
      effects: { ...none, price: -0.02 },
      gain: usd("-200.00"),
    },
    {
      key: "AAPL",
      label: "AAPL",
      symbols: ["AAPL"],
      average_weight: 0.8,
      contribution: 0.1,
      effects: { ...none, price: 0.09, income: 0.01 },
      gain: usd("1000.00"),
    },
  ],
  symbol: null,
  total_return: 0.08,
  undefined: {},
};

function aFinding(id: string, title: string, part: Partial<FindingModel>): FindingModel {
  return {
    id,
    title,
    advice: "",
    bad: "above",
    formula: "greatest weight",
    positions: [],
    reason: null,
    state: "pass",
    threshold: 0.25,
    warn_threshold: 0.15,
    unit: "fraction",
    value: 0.1,
    ...part,
  };
}

const xray: XRayModel = {
  as_of: "2024-11-29",
  benchmark: "SPY",
  conventions: {},
  counts: { fail: 1, warn: 0, unknown: 1, pass: 1 },
  left_out: {},
  rules: [
    aFinding("cash", "Much cash lies idle", {}),
    aFinding("drift", "Weights drifted", { state: "unknown", value: null, reason: "the portfolio has no targets" }),
    aFinding("single_holding", "One holding weighs much", {
      state: "fail",
      value: 0.8,
      advice: "Sell a part of it.",
      positions: [{ key: "AAPL", figure: 0.8, value: usd("8000.00") }],
    }),
  ],
  total: usd("10000.00"),
  warnings: [],
  window_start: "2023-11-29",
};

const income: IncomeModel = {
  base_currency: "USD",
  by_holding: [],
  by_month: [{ month: "2024-11", ...nothing, gross: usd("24.00"), payments: 1 }],
  conventions: {},
  start: "2023-01-01",
  end: "2024-11-29",
  expected: usd("100.00"),
  expected_by_month: [{ month: "2025-02", gross: usd("25.00") }],
  expected_payments: [{ symbol: "AAPL", date: "2025-02-10", gross: usd("25.00") }],
  portfolio_id: "prt_1",
  prices_as_of: null,
  received: { ...nothing, gross: usd("24.00"), payments: 1 },
  stale_prices: 0,
  trailing_12_months: { ...nothing, gross: usd("24.00"), payments: 1 },
  trailing_yield: null,
  undefined: { yield_on_cost: "nothing is held" },
  warnings: [],
  yield_on_cost: null,
};

const total = {
  cost: usd("1000"),
  currency_effect: usd("0"),
  gain: usd("-50.00"),
  long_term: usd("30.00"),
  price_effect: usd("-50.00"),
  proceeds: usd("950.00"),
  short_term: usd("-80.00"),
};

const realised: RealisedModel = {
  by_symbol: [],
  conventions: {},
  start: null,
  end: "2024-11-29",
  items: [
    {
      ...total,
      account_id: "acc_1",
      date: "2024-06-03",
      lots: [
        {
          acquired: "2024-01-08",
          cost: usd("1000"),
          days_held: 147,
          gain: usd("-50"),
          long_term: false,
          lot_id: "txn_1",
          proceeds: usd("950"),
          quantity: "5",
        },
      ],
      quantity: "5",
      repurchases: ["txn_3"],
      symbol: "META",
      transaction_id: "txn_2",
      type: "sell",
      wash_sale: true,
    },
  ],
  next_page_token: "",
  portfolio_id: "prt_1",
  total,
};

/** Answers of a year, or of all time, and none for the years before 2024. */
function serve(): void {
  server.use(
    http.get(path, () =>
      HttpResponse.json({
        items: [
          {
            id: "prt_1",
            name: "Demo",
            base_currency: "USD",
            accounts: [{ id: "acc_1", name: "Brokerage", currency: "USD" }],
          },
        ],
        next_page_token: "",
      }),
    ),
    http.get("/api/stock/v1/market", () => HttpResponse.json({ session: "2024-11-29" })),
    http.get(`${path}/prt_1/performance`, () =>
      HttpResponse.json({
        monthly: [
          { year: 2023, months: [...Array<null>(10).fill(null), 0.021, -0.034], total: -0.0137 },
          { year: 2024, months: [0.012, ...Array<null>(11).fill(null)], total: 0.012 },
        ],
        conventions: { returns: "time-weighted" },
      }),
    ),
    http.get(`${path}/prt_1/contribution`, ({ request }) =>
      HttpResponse.json({ ...contribution, by: new URL(request.url).searchParams.get("by") }),
    ),
    http.get(`${path}/prt_1/xray`, () => HttpResponse.json(xray)),
    http.get(`${path}/prt_1/income`, () => HttpResponse.json(income)),
    http.get(`${path}/prt_1/realised`, ({ request }) => {
      const start = new URL(request.url).searchParams.get("start");
      return HttpResponse.json(start === null || start === "2024-01-01" ? realised : { ...realised, items: [] });
    }),
  );
}

test("months stand in a grid, contributions above their sum", async () => {
  serve();
  renderWithQueries(<InsightsPage />);
  const grid = within(await screen.findByRole("table", { name: "Monthly returns" }));
  expect(grid.getAllByRole("rowheader").map((header) => header.textContent)).toEqual(["2024", "2023"]);
  expect(grid.getByText("-3.4%")).toBeVisible();
  const rows = within(await screen.findByRole("table", { name: "Contributions" })).getAllByRole("row");
  expect(rows.map((row) => within(row).queryByRole("rowheader")?.textContent)).toEqual([
    undefined,
    "AAPL",
    "PFE",
    "Sum: the time-weighted return",
  ]);
  expect(rows.at(-1)).toHaveTextContent("+8.00%");
  expect(rows.at(-1)).toHaveTextContent("+$800.00");
  // A sector has no trail of its own.
  expect(screen.getByRole("button", { name: "AAPL" })).toBeVisible();
  await userEvent.click(screen.getByRole("radio", { name: "Sector" }));
  expect(await screen.findByRole("rowheader", { name: "AAPL" })).toBeVisible();
  await expect.poll(() => screen.queryByRole("button", { name: "AAPL" })).toBeNull();
});

test("a failing rule names what is behind it, an unknown one why", async () => {
  serve();
  renderWithQueries(<InsightsPage />);
  const behind = await screen.findByRole("list", { name: "Behind One holding weighs much" });
  expect(behind).toHaveTextContent("AAPL$8,000 · 80.0%");
  expect(screen.getByText("80.0%; fails above 25.0%, warns above 15.0%")).toBeVisible();
  expect(screen.getByText("Sell a part of it.")).toBeVisible();
  expect(screen.getByText("the portfolio has no targets")).toBeVisible();
  expect(screen.getByText("Much cash lies idle")).not.toBeVisible();
  await userEvent.click(screen.getByText("Rules that pass: 1"));
  expect(screen.getByText("Much cash lies idle")).toBeVisible();
});

test("income is told by month, with what is expected, and gains by year", async () => {
  serve();
  renderWithQueries(<InsightsPage />);
  const months = await screen.findByRole("list", { name: "Income by month" });
  expect(
    within(months)
      .getAllByRole("listitem")
      .map((month) => month.textContent),
  ).toEqual(["Nov 2024$24.00", "Feb 2025$25.00 expected"]);
  expect(screen.getByText("Undefined: nothing is held")).toBeVisible();
  const sales = await screen.findByRole("table", { name: "Sales" });
  expect(sales).toHaveTextContent("5 of Jan 8, 2024, short-term");
  expect(within(sales).getByText("wash sale?")).toBeVisible();
  expect(screen.getByText("-$80.00")).toBeVisible();
  await userEvent.selectOptions(screen.getByRole("combobox", { name: "Year of sale" }), "2023");
  expect(await screen.findByText("Nothing sold in 2023")).toBeVisible();
});

test("a card that fails says so and leaves the others standing", async () => {
  serve();
  server.use(http.get(`${path}/prt_1/xray`, () => HttpResponse.json({ detail: "no prices" }, { status: 422 })));
  renderWithQueries(<InsightsPage />);
  expect(await screen.findByText("no prices")).toBeVisible();
  expect(await screen.findByRole("table", { name: "Contributions" })).toBeVisible();
});
