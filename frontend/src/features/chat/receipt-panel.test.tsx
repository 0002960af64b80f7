import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { expect, test, vi } from "vitest";

import type { Receipt } from "@/features/chat/api/types";
import { ReceiptPanel } from "@/features/chat/receipt-panel";
import { renderWithQueries } from "@/testing/render";
import { server } from "@/testing/server";

const turn = "/api/chat/v1/conversations/cnv_1/turns/trn_1";
const trail = "/api/stock/v1/portfolios/prt_1/trail";

const matched: Receipt = { span: [0, 6], value: "26.71%", status: "matched", call_id: "c1", path: "$.twr" };
const withTrail: Receipt = {
  ...matched,
  trail: { portfolio_id: "prt_1", figure: "twr", query: { start: "2024-01-01", end: "2024-11-29" } },
};

function serveTurn() {
  const calls = [
    { call_id: "c1", name: "get_performance", result: { twr: 0.267147, benchmark: { twr: 0.279653 } } },
    { call_id: "c2", name: "get_holdings", result: { total: { amount: "500.00", currency: "USD" } } },
    { call_id: "c3", name: "list_transactions", result: { paid: { amount: "400.00", currency: "USD" } } },
  ];
  server.use(
    http.get(turn, () => HttpResponse.json({ id: "trn_1", tool_calls: calls })),
    http.get("/api/stock/v1/portfolios", () => HttpResponse.json({ items: [], next_page_token: "" })),
  );
}

function open(receipt: Receipt) {
  serveTurn();
  const onOpenDocument = vi.fn();
  const props = { conversationId: "cnv_1", turnId: "trn_1", onClose: vi.fn() };
  renderWithQueries(<ReceiptPanel {...props} receipt={receipt} onOpenDocument={onOpenDocument} />);
  return onOpenDocument;
}

const empty = {
  positions: [],
  cash: [],
  lots: [],
  flows: [],
  sales: [],
  income: [],
  charges: [],
  effects: [],
  rates: [],
};
const aTrail = {
  ...empty,
  figure: "twr",
  formula: "product of (1 + steps' rate) - 1",
  formula_source: "GIPS Standards for Firms (2020)",
  account_id: null,
  symbol: null,
  amount: null,
  value: 0.267147,
  start: "2024-01-01",
  end: "2024-11-29",
  inputs: { risk_free_annual: "0.0" },
  steps: [],
  totals: {},
  conventions: {},
  undefined: {},
  next_page_token: "",
};

test("a figure of the portfolio opens its trail, asked for with the figure's own range", async () => {
  open(withTrail);
  const asked: string[] = [];
  server.use(
    http.get(trail, ({ request }) => {
      asked.push(new URL(request.url).search);
      return HttpResponse.json(aTrail);
    }),
  );
  await userEvent.click(await screen.findByRole("button", { name: "How it is computed" }));
  const panel = await screen.findByRole("dialog", { name: "How twr is computed" });
  expect(await within(panel).findByText("product of (1 + steps' rate) - 1")).toBeVisible();
  expect(within(panel).getByText(/GIPS Standards/)).toBeVisible();
  expect(within(panel).getByLabelText("Inputs")).toHaveTextContent("risk_free_annual");
  const query = new URLSearchParams(asked[0]);
  expect([query.get("figure"), query.get("start"), query.get("end")]).toEqual(["twr", "2024-01-01", "2024-11-29"]);
});

test("the trail says that it loads, and why it could not be read", async () => {
  open(withTrail);
  let release: (() => void) | undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  server.use(
    http.get(trail, async () => {
      await held;
      return HttpResponse.json({ detail: "No such portfolio." }, { status: 404 });
    }),
  );
  await userEvent.click(await screen.findByRole("button", { name: "How it is computed" }));
  expect(await screen.findByText("Following the figure back")).toBeInTheDocument();
  release?.();
  expect(await screen.findByRole("alert")).toHaveTextContent("No such portfolio.");
});

test("an undefined figure's trail says why there is none", async () => {
  open(withTrail);
  server.use(
    http.get(trail, () => HttpResponse.json({ ...aTrail, value: null, undefined: { twr: "no value at the start" } })),
  );
  await userEvent.click(await screen.findByRole("button", { name: "How it is computed" }));
  expect(await screen.findByText("Undefined: no value at the start")).toBeVisible();
});

test("a figure without a trail offers none", async () => {
  open(matched);
  expect(await screen.findByText("Value in tool result")).toBeVisible();
  expect(screen.queryByRole("button", { name: "How it is computed" })).toBeNull();
});

test("a derived figure names its operation and every operand, whatever call it is from", async () => {
  open({
    ...matched,
    value: "$100.00",
    status: "derived",
    call_id: "c2",
    path: "$.total - $.paid",
    operation: "difference",
    operands: [
      { call_id: "c2", path: "$.total" },
      { call_id: "c3", path: "$.paid" },
    ],
  });
  expect(await screen.findByText("Difference")).toBeVisible();
  expect(screen.getByText("Get holdings, List transactions")).toBeVisible();
  expect(screen.getByText("$500.00")).toBeVisible();
  expect(screen.getByText("$400.00")).toBeVisible();
});

test("a figure from a document shows its words and opens their page", async () => {
  const quote = "The fee is 0.22 % a year.";
  const onOpenDocument = open({ ...matched, source: { document_id: "doc_1", page: 3, quote } });
  expect(await screen.findByText(quote)).toBeVisible();
  await userEvent.click(screen.getByRole("button", { name: "Open page 3" }));
  expect(onOpenDocument).toHaveBeenCalledWith("doc_1", 3);
});
