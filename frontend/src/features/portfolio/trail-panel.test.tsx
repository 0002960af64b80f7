import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { expect, test } from "vitest";

import { Figure } from "@/features/portfolio/figure";
import type { TrailModel } from "@/lib/api/gen/stock/types.gen";
import { renderWithQueries } from "@/testing/render";
import { server } from "@/testing/server";

const path = "/api/stock/v1/portfolios";

function aTrail(part: Partial<TrailModel>): TrailModel {
  return {
    figure: "market_value",
    formula: "sum of positions' value + sum of cash's value",
    formula_source: null,
    account_id: null,
    symbol: null,
    amount: { amount: "1500.00", currency: "USD" },
    value: null,
    start: null,
    end: "2024-11-29",
    inputs: {},
    positions: [],
    cash: [],
    lots: [],
    flows: [],
    sales: [],
    income: [],
    charges: [],
    effects: [],
    steps: [],
    rates: [],
    totals: {},
    conventions: {},
    undefined: {},
    next_page_token: "",
    ...part,
  };
}

function aPosition(symbol: string): TrailModel["positions"][number] {
  return {
    symbol,
    account_id: "acc_1",
    as_of: "2024-11-29",
    close: "150",
    currency: "USD",
    price_as_of: "2024-11-27",
    quantity: "10",
    rate: "1",
    source: "yahoo",
    split_factor: "1",
    stale: true,
    value: "1500",
  };
}

function open(figure: string) {
  server.use(
    http.get(path, () =>
      HttpResponse.json({
        items: [{ id: "prt_1", accounts: [{ id: "acc_1", name: "Brokerage", currency: "USD" }] }],
        next_page_token: "",
      }),
    ),
  );
  renderWithQueries(
    <dl>
      <Figure
        name="Value"
        meaning="What it is worth."
        reason={undefined}
        trail={{ portfolioId: "prt_1", figure, query: { period: "ytd" } }}
      >
        $1,500.00
      </Figure>
    </dl>,
  );
}

test("a figure opens the rows it came from, page by page, and gives the focus back", async () => {
  open("market_value");
  server.use(
    http.get(`${path}/prt_1/trail`, ({ request }) => {
      const query = new URL(request.url).searchParams;
      expect(query.get("figure")).toBe("market_value");
      expect(query.get("period")).toBe("ytd");
      const more = query.get("page_token") === "more";
      return HttpResponse.json(
        aTrail({
          positions: [aPosition(more ? "MSFT" : "AAPL")],
          totals: { positions: 2 },
          conventions: { price_basis: "closes adjusted for splits" },
          next_page_token: more ? "" : "more",
        }),
      );
    }),
  );
  await userEvent.click(screen.getByRole("button", { name: "What is Value?" }));
  await userEvent.click(await screen.findByRole("button", { name: "How is this computed?" }));
  const panel = within(await screen.findByRole("dialog", { name: "How Value is computed" }));
  expect(await panel.findByText("sum of positions' value + sum of cash's value")).toBeVisible();
  const row = panel.getByRole("cell", { name: "AAPL" }).closest("tr");
  expect(row).toHaveTextContent("150 USD");
  expect(row).toHaveTextContent("Nov 27, 2024 (stale)");
  expect(row).toHaveTextContent("yahoo");
  expect(row).toHaveTextContent("Brokerage");
  expect(panel.getByText(/1 of 2 rows/)).toBeVisible();
  await userEvent.click(panel.getByRole("button", { name: "Show more rows" }));
  expect(await panel.findByRole("cell", { name: "MSFT" })).toBeVisible();
  await userEvent.click(panel.getByText("Conventions"));
  expect(panel.getByText("closes adjusted for splits")).toBeVisible();
  await userEvent.keyboard("{Escape}");
  expect(screen.queryByRole("dialog")).toBeNull();
});

test("a figure without a value says why, and a failure can be tried again", async () => {
  open("xirr");
  let failing = true;
  server.use(
    http.get(`${path}/prt_1/trail`, () =>
      failing
        ? HttpResponse.json({ detail: "the prices are not there" }, { status: 500 })
        : HttpResponse.json(aTrail({ figure: "xirr", amount: null, undefined: { xirr: "no sign change" } })),
    ),
  );
  await userEvent.click(screen.getByRole("button", { name: "What is Value?" }));
  await userEvent.click(await screen.findByRole("button", { name: "How is this computed?" }));
  expect(await screen.findByText("the prices are not there")).toBeVisible();
  failing = false;
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText("Undefined: no sign change")).toBeVisible();
});
