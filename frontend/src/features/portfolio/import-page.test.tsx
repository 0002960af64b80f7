import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { expect, test } from "vitest";

import type { Portfolio } from "@/features/portfolio/api/types";
import { readSample } from "@/features/portfolio/csv-sample";
import { ImportPage } from "@/features/portfolio/import-page";
import type { ImportBatchModel, ImportModel, ImportRowModel } from "@/lib/api/gen/stock/types.gen";
import { renderWithQueries } from "@/testing/render";
import { server } from "@/testing/server";

const path = "/api/stock/v1/portfolios";

const portfolio: Portfolio = {
  id: "prt_1",
  name: "Demo",
  base_currency: "USD",
  accounts: [{ id: "acc_1", name: "Brokerage", currency: "USD" }],
  cost_method: "FIFO",
  version: 1,
  created_at: "2024-01-02T00:00:00Z",
};

function aRow(row: number, part: Partial<ImportRowModel>): ImportRowModel {
  return {
    row,
    state: "new",
    books: { date: "2024-03-14", type: "buy", symbol: "AAPL", quantity: "10", price: "172.5", currency: "USD" },
    symbol_text: "AAPL",
    isin: "",
    name: "",
    account_text: "",
    skipped: "",
    notes: [],
    problems: [],
    ...part,
  };
}

function aReport(part: Partial<ImportModel> = {}): ImportModel {
  return {
    id: null,
    dry_run: true,
    version: null,
    count: 0,
    skipped_duplicates: 0,
    preset: "stocktool",
    format: "csv",
    encoding: "utf-8",
    currency: "",
    warnings: [],
    counts: { new: 0, duplicate: 0, error: 0, skipped: 0 },
    problems: [],
    unresolved: [],
    rows: [],
    more_rows: 0,
    ...part,
  };
}

const candidates = [{ symbol: "MSFT", name: "Microsoft Corporation", exchange: "NMS", type: "EQUITY" }];
const unknown = aRow(3, {
  state: "error",
  books: null,
  symbol_text: "Microsoft",
  problems: [{ field: "symbol", detail: "Microsoft is no symbol", cure: "Say which is meant.", candidates }],
});

/** The texts of a multipart body; the parser of the tests' environment refuses files. */
function fieldsOf(body: string): Map<string, string> {
  return new Map([...body.matchAll(/name="(\w+)"\r\n\r\n(.*)\r\n/g)].map(([, name = "", value = ""]) => [name, value]));
}

/** A service that knows its rows but not what "Microsoft" is, and keeps what it was sent. */
function serve(): { forms: Map<string, string>[]; batches: ImportBatchModel[] } {
  const forms: Map<string, string>[] = [];
  const batches: ImportBatchModel[] = [];
  server.use(
    http.get(path, () => HttpResponse.json({ items: [portfolio], next_page_token: "" })),
    http.get("/api/stock/v1/instruments", () => HttpResponse.json({ items: [], next_page_token: "" })),
    http.get("/api/stock/v1/imports/presets", () =>
      HttpResponse.json({
        items: [{ name: "stocktool", title: "StockTool CSV", format: "csv", columns: [], template: "" }],
      }),
    ),
    http.get("/api/stock/v1/imports/mappings", () => HttpResponse.json({ items: [], next_page_token: "" })),
    http.get(`${path}/prt_1/imports`, () => HttpResponse.json({ items: batches, next_page_token: "" })),
    http.post(`${path}/prt_1/imports`, async ({ request }) => {
      const form = fieldsOf(await request.text());
      forms.push(form);
      const named = form.has("symbols") || form.get("skip_rows") === "3";
      if (!form.has("dry_run")) {
        batches.push({
          id: "imp_1",
          source_name: "ledger.csv",
          content_hash: "00",
          count: 2,
          skipped_duplicates: 1,
          imported_at: "2024-11-29T12:00:00Z",
          state: "committed",
          undone_at: null,
        });
        return HttpResponse.json(
          aReport({ id: "imp_1", dry_run: false, version: 2, count: 2, skipped_duplicates: 1 }),
          { status: 201 },
        );
      }
      return HttpResponse.json(
        aReport({
          count: named ? 2 : 0,
          counts: { new: named ? 2 : 1, duplicate: 1, error: named ? 0 : 1, skipped: 0 },
          rows: [aRow(2, {}), named ? aRow(3, { symbol_text: "Microsoft" }) : unknown, aRow(4, { state: "duplicate" })],
          unresolved: named ? [] : [{ text: "Microsoft", isin: "", name: "", rows: 1, candidates }],
        }),
      );
    }),
    http.delete(`${path}/prt_1/imports/imp_1`, () => {
      const [batch] = batches;
      if (batch !== undefined) batch.state = "undone";
      return new HttpResponse(null, { status: 204 });
    }),
  );
  return { forms, batches };
}

const ledger = new File(["date,type\n2024-03-14,buy\n"], "ledger.csv", { type: "text/csv" });

test("a file is looked at, its unknown symbol named, booked, and taken back", async () => {
  const { forms } = serve();
  renderWithQueries(<ImportPage />);
  expect(await screen.findByText("Nothing imported yet")).toBeVisible();
  await userEvent.upload(screen.getByLabelText("Choose a file"), ledger);
  const rows = await screen.findByRole("table", { name: "Rows of the file" });
  expect(within(rows).getByText("duplicate")).toBeVisible();
  expect(within(rows).getByText(/Microsoft is no symbol/)).toBeVisible();
  expect(within(rows).getByText("Say which is meant.")).toBeVisible();
  expect(screen.getByText("Read as StockTool CSV")).toBeVisible();
  expect(screen.getByRole("button", { name: "Import" })).toBeDisabled();

  await userEvent.click(screen.getByRole("button", { name: /^MSFT/ }));
  await userEvent.click(await screen.findByRole("button", { name: "Import 2 entries" }));
  expect(await screen.findByText("2 entries of ledger.csv booked to Demo.")).toBeVisible();
  expect(screen.getByText(/1 row was left out/)).toBeVisible();
  const booked = forms.at(-1);
  expect(booked?.get("symbols")).toBe('{"Microsoft":"MSFT"}');
  expect(booked?.has("dry_run")).toBe(false);

  const imports = await screen.findByRole("table", { name: "Imports" });
  expect(within(imports).getByText("committed")).toBeVisible();
  await userEvent.click(screen.getByRole("button", { name: "Undo the import" }));
  expect(await screen.findByText(/the ledger is as it was before/)).toBeVisible();
  expect(await within(imports).findByText("undone")).toBeVisible();
});

test("answers about dates and left out rows are asked with the file again", async () => {
  const { forms } = serve();
  renderWithQueries(<ImportPage />);
  await userEvent.upload(await screen.findByLabelText("Choose a file"), ledger);
  await userEvent.click(await screen.findByRole("button", { name: "Leave out row 3" }));
  await userEvent.selectOptions(screen.getByRole("combobox", { name: "Dates" }), "day_first");
  expect(await screen.findByRole("button", { name: "Import 2 entries" })).toBeEnabled();
  expect(forms.at(-1)?.get("skip_rows")).toBe("3");
  expect(forms.at(-1)?.get("date_order")).toBe("day_first");
});

test("columns are mapped by their headings", async () => {
  const { forms } = serve();
  renderWithQueries(<ImportPage />);
  const file = new File(["Tag;Art;Stück\n14.03.2024;Kauf;10\n"], "bank.csv", { type: "text/csv" });
  await userEvent.upload(await screen.findByLabelText("Choose a file"), file);
  await userEvent.click(screen.getByRole("button", { name: "Say what the columns mean" }));
  await userEvent.selectOptions(await screen.findByRole("combobox", { name: "Tag" }), "date");
  await userEvent.selectOptions(screen.getByRole("combobox", { name: "Art" }), "type");
  await userEvent.selectOptions(screen.getByRole("combobox", { name: "Kauf" }), "buy");
  await userEvent.click(screen.getByRole("button", { name: "Read the file by these columns" }));
  expect(await screen.findByRole("textbox", { name: "Keep these columns as" })).toBeVisible();
  expect(JSON.parse(forms.at(-1)?.get("mapping") ?? "")).toEqual({
    columns: { Tag: "date", Art: "type" },
    types: { Kauf: "buy" },
  });
});

test("a file that cannot be read says why", async () => {
  serve();
  server.use(
    http.post(`${path}/prt_1/imports`, () =>
      HttpResponse.json(
        {
          detail: "the file cannot be read",
          reason: "FILE_UNREADABLE",
          errors: [{ pointer: "/file", detail: "its headings say too little: map columns to fields" }],
        },
        { status: 422 },
      ),
    ),
  );
  renderWithQueries(<ImportPage />);
  await userEvent.upload(await screen.findByLabelText("Choose a file"), ledger);
  expect(await screen.findByText("the file cannot be read")).toBeVisible();
  expect(
    within(screen.getByRole("list", { name: "What is wrong" })).getByText(/headings say too little/),
  ).toBeVisible();
});

test("headings are found below a preamble and inside quotes", () => {
  const sample = readSample('Account 123\n\n"Date","What, exactly"\n"2024-03-14","a, b"\n');
  expect(sample).toEqual({ headings: ["Date", "What, exactly"], rows: [["2024-03-14", "a, b"]] });
});
