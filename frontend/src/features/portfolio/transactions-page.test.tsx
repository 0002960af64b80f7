import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { expect, test, vi } from "vitest";

import type { Portfolio, Transaction } from "@/features/portfolio/api/types";
import { TransactionsPage } from "@/features/portfolio/transactions-page";
import { renderWithQueries } from "@/testing/render";
import { server } from "@/testing/server";

const path = "/api/stock/v1/portfolios";

const portfolio: Portfolio = {
  id: "prt_1",
  name: "My demo",
  base_currency: "USD",
  accounts: [{ id: "acc_1", name: "Brokerage", currency: "USD" }],
  cost_method: "FIFO",
  version: 1,
  created_at: "2024-01-02T00:00:00Z",
};

function anEntry(id: string, symbol: string, part: Partial<Transaction> = {}): Transaction {
  return {
    id,
    symbol,
    account_id: "acc_1",
    acquired: null,
    amount: null,
    amount_per_share: null,
    cost_basis: null,
    cost_fraction: null,
    currency: "USD",
    date: "2024-03-14",
    fee: null,
    fee_currency: null,
    fx_rate: null,
    lots: null,
    new_symbol: null,
    note: null,
    price: "172.5",
    quantity: "10",
    ratio: null,
    recorded_at: "2024-03-14T12:00:00Z",
    reversed: false,
    sequence: 1,
    tax: null,
    tax_currency: null,
    to_account_id: null,
    type: "buy",
    ...part,
  };
}

/** A ledger of two pages that filters by symbol and keeps what was asked. */
function serve(): URLSearchParams[] {
  const asked: URLSearchParams[] = [];
  const entries = [anEntry("txn_1", "AAPL"), anEntry("txn_2", "MSFT", { date: "2024-05-02" })];
  server.use(
    http.get(path, () => HttpResponse.json({ items: [portfolio], next_page_token: "" })),
    http.get("/api/stock/v1/market", () => HttpResponse.json({ session: "2024-11-29" })),
    http.get(`${path}/prt_1/transactions`, ({ request }) => {
      const query = new URL(request.url).searchParams;
      asked.push(query);
      const wanted = entries.filter(
        (entry) =>
          (query.get("include_reversed") === "true" || !entry.reversed) &&
          (!query.has("symbol") || entry.symbol === query.get("symbol")),
      );
      const second = query.get("page_token") === "second";
      return HttpResponse.json({
        items: second ? wanted.slice(1) : wanted.slice(0, 1),
        next_page_token: second || wanted.length < 2 ? "" : "second",
      });
    }),
    http.delete(`${path}/prt_1/transactions/:id`, ({ params }) => {
      for (const entry of entries) if (entry.id === params["id"]) entry.reversed = true;
      return new HttpResponse(null, { status: 204 });
    }),
    http.post(`${path}/prt_1/transactions/:id\\:restore`, ({ params }) => {
      const entry = entries.find(({ id }) => id === params["id"]);
      if (entry !== undefined) entry.reversed = false;
      return HttpResponse.json(entry);
    }),
  );
  return asked;
}

test("the ledger is paged and filtered by the service", async () => {
  const asked = serve();
  renderWithQueries(<TransactionsPage />);
  const ledger = within(await screen.findByRole("group", { name: "Ledger" }));
  expect(ledger.getByText("AAPL")).toBeVisible();
  expect(ledger.queryByText("MSFT")).toBeNull();
  await userEvent.click(screen.getByRole("button", { name: "Older" }));
  expect(await ledger.findByText("MSFT")).toBeVisible();
  expect(screen.getByText("Page 2")).toBeVisible();
  await userEvent.click(screen.getByRole("button", { name: "Newer" }));
  expect(await ledger.findByText("AAPL")).toBeVisible();

  await userEvent.type(screen.getByRole("textbox", { name: "Symbol" }), "msft");
  await userEvent.selectOptions(screen.getByRole("combobox", { name: "Type" }), "buy");
  expect(await ledger.findByText("MSFT")).toBeVisible();
  await waitFor(() => expect(Object.fromEntries(asked.at(-1) ?? [])).toMatchObject({ symbol: "MSFT", type: "buy" }));
  expect(asked.at(-1)?.has("page_token")).toBe(false);

  await userEvent.type(screen.getByRole("textbox", { name: "Symbol" }), "x");
  expect(await screen.findByText("No entry is like this")).toBeVisible();
  await userEvent.click(screen.getByRole("button", { name: "Clear filters" }));
  expect(await screen.findByText("AAPL")).toBeVisible();
});

test("an entry is taken back and stands again", async () => {
  serve();
  renderWithQueries(<TransactionsPage />);
  await userEvent.click(await screen.findByRole("button", { name: "Delete buy AAPL of 2024-03-14" }));
  await userEvent.click(screen.getByRole("button", { name: "Delete entry" }));
  expect(await screen.findByText("Taken back: Buy AAPL of Mar 14, 2024.")).toBeVisible();
  await userEvent.click(screen.getByRole("checkbox", { name: "Show what was taken back" }));
  expect(await screen.findByText("taken back")).toBeVisible();
  await userEvent.click(screen.getByRole("button", { name: "Restore buy AAPL of 2024-03-14" }));
  expect(await screen.findByText("Restored: Buy AAPL of Mar 14, 2024.")).toBeVisible();
  expect(await screen.findByRole("button", { name: "Delete buy AAPL of 2024-03-14" })).toBeVisible();
});

test("the export is saved under the portfolio's name, and its failure is said", async () => {
  serve();
  const saved: { name: string; text: string }[] = [];
  let content: Blob | undefined;
  vi.stubGlobal(
    "URL",
    Object.assign(URL, {
      createObjectURL: (blob: Blob) => {
        content = blob;
        return "blob:ledger";
      },
      revokeObjectURL: () => undefined,
    }),
  );
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (this: HTMLAnchorElement) {
    void content?.text().then((text) => saved.push({ name: this.download, text }));
  });
  server.use(
    http.get(`${path}/prt_1/export`, ({ request }) =>
      new URL(request.url).searchParams.get("format") === "csv"
        ? HttpResponse.text("id,date\n", { headers: { "content-type": "text/csv" } })
        : HttpResponse.json({ detail: "the export is too large" }, { status: 422 }),
    ),
  );
  renderWithQueries(<TransactionsPage />);
  await userEvent.click(await screen.findByRole("button", { name: "Export as CSV" }));
  await waitFor(() => expect(saved).toEqual([{ name: "My-demo.csv", text: "id,date\n" }]));
  await userEvent.click(screen.getByRole("button", { name: "Export as JSON" }));
  expect(await screen.findByText("the export is too large")).toBeVisible();
});
