import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { useState } from "react";
import { expect, test } from "vitest";

import { analysesQuery, takeJob, type Analysis } from "@/features/reports/api/analyses";
import { ReportsPage } from "@/features/reports/reports-page";
import { renderWithQueries } from "@/testing/render";
import { server } from "@/testing/server";

const path = "/api/stock/v1";
const usd = (amount: string) => ({ amount, currency: "USD" });

function anAnalysis(part: Partial<Analysis> = {}): Analysis {
  return {
    id: "ana_1",
    kind: "tax_lots",
    portfolio_id: "prt_1",
    state: "queued",
    parameters: {},
    steps: [],
    current_step: null,
    progress: 0,
    created_at: "2026-11-22T10:00:00Z",
    finished_at: null,
    result: null,
    report: null,
    files: [],
    error: null,
    ...part,
  };
}

function serve(analyses: Analysis[]): void {
  const portfolio = { id: "prt_1", name: "Demo", base_currency: "USD" };
  server.use(
    http.get(`${path}/portfolios`, () => HttpResponse.json({ items: [portfolio], next_page_token: "" })),
    http.get(`${path}/portfolios/prt_1/analyses`, () => HttpResponse.json({ items: analyses, next_page_token: "" })),
    http.get(`${path}/analyses/:id`, ({ params }) =>
      HttpResponse.json(analyses.find(({ id }) => id === params["id"]) ?? null),
    ),
    http.get(`${path}/market`, () =>
      HttpResponse.json({ session: "2024-11-29", mode: "replay", open: true, calendar: "XNYS", source: "replay" }),
    ),
  );
}

function Reports() {
  const [opened, setOpened] = useState<string>();
  return <ReportsPage openedId={opened} onOpen={setOpened} />;
}

test("without a portfolio there is a way to one", async () => {
  server.use(http.get(`${path}/portfolios`, () => HttpResponse.json({ items: [], next_page_token: "" })));
  renderWithQueries(<Reports />);
  expect(await screen.findByText("You have no portfolio yet")).toBeVisible();
});

test("a report is started with what its form says, and followed without the socket", async () => {
  const analyses: Analysis[] = [];
  serve(analyses);
  const bodies: unknown[] = [];
  server.use(
    http.post(`${path}/portfolios/prt_1/analyses`, async ({ request }) => {
      bodies.push(await request.json());
      analyses.push(anAnalysis());
      return HttpResponse.json(analyses[0], { status: 202 });
    }),
  );
  renderWithQueries(<Reports />);
  expect(await screen.findByText("No reports yet")).toBeVisible();
  await userEvent.click(screen.getByRole("radio", { name: "Tax-lot report" }));
  await userEvent.selectOptions(await screen.findByRole("combobox", { name: "Year" }), "2023");
  await userEvent.type(screen.getByRole("spinbutton", { name: "Long-term after days" }), "730");
  await userEvent.click(screen.getByRole("button", { name: "Start" }));
  expect(await screen.findByText("Waiting for its turn")).toBeVisible();
  expect(bodies).toEqual([{ kind: "tax_lots", parameters: { year: 2023, long_after_days: 730 } }]);
  analyses[0] = anAnalysis({ state: "done", progress: 1 });
  expect(await screen.findByText("done")).toBeVisible();
  expect(screen.queryByRole("progressbar")).toBeNull();
});

test("a parameter that is refused is named at its field", async () => {
  serve([]);
  server.use(
    http.post(`${path}/portfolios/prt_1/analyses`, () =>
      HttpResponse.json(
        { detail: "at most 60 years", errors: [{ pointer: "/parameters/years", detail: "at most 60" }] },
        { status: 422 },
      ),
    ),
  );
  renderWithQueries(<Reports />);
  await userEvent.click(await screen.findByRole("radio", { name: "Projection" }));
  const years = screen.getByRole("spinbutton", { name: "Years" });
  await userEvent.clear(years);
  await userEvent.type(years, "99");
  await userEvent.click(screen.getByRole("button", { name: "Start" }));
  expect(await screen.findByText("at most 60")).toBeVisible();
  expect(years).toBeInvalid();
});

test("steps come by the socket, and going back is not believed", async () => {
  const analyses = [anAnalysis({ kind: "portfolio", state: "running", current_step: "holdings" })];
  serve(analyses);
  const { queryClient } = renderWithQueries(<Reports />);
  const bar = await screen.findByRole("progressbar", { name: "Progress" });
  expect(bar).toHaveAttribute("aria-valuenow", "0");
  // The row is as the first message has it from then on, in case it is asked for in between.
  analyses[0] = anAnalysis({ kind: "portfolio", state: "running", current_step: "risk", progress: 0.5 });
  const job = (progress: number, step: string) =>
    act(() =>
      takeJob(queryClient, "prt_1", {
        type: "job",
        analysis_id: "ana_1",
        state: "running",
        progress,
        current_step: step,
      }),
    );
  job(0.5, "risk");
  await waitFor(() => expect(bar).toHaveAttribute("aria-valuenow", "50"));
  expect(within(screen.getByRole("list", { name: "Steps" })).getByText("Risk")).toBeVisible();
  job(0.25, "performance");
  expect(queryClient.getQueryData(analysesQuery("prt_1").queryKey)?.pages[0]?.items[0]?.progress).toBe(0.5);
});

test("a running one can be cancelled", async () => {
  const analyses = [anAnalysis({ state: "running", current_step: "lots" })];
  serve(analyses);
  server.use(
    http.post(`${path}/analyses/ana_1\\:cancel`, () => {
      analyses[0] = anAnalysis({ state: "failed", error: { reason: "CANCELLED", message: "it was cancelled" } });
      return HttpResponse.json(analyses[0]);
    }),
  );
  renderWithQueries(<Reports />);
  await userEvent.click(await screen.findByRole("button", { name: "Cancel Tax-lot report" }));
  expect(await screen.findByText("cancelled")).toBeVisible();
  expect(screen.queryByRole("button", { name: "Cancel Tax-lot report" })).toBeNull();
});

test("a finished one opens with its files and sums; a failed one says why", async () => {
  const file = { content_type: "application/pdf", expires_at: "2026-11-22T10:10:00Z", size_bytes: 2048 };
  serve([
    anAnalysis({
      state: "done",
      progress: 1,
      files: [
        { ...file, name: "lots.pdf", url: "https://files.example/lots.pdf" },
        { ...file, name: "lots.csv", content_type: "text/csv", url: "https://files.example/lots.csv" },
      ],
      result: {
        start: "2023-01-01",
        end: "2023-12-31",
        sales: 2,
        sold_lots: 3,
        open_lots: 4,
        proceeds: usd("12345678901234567.89"),
        cost: usd("1"),
        gain: usd("-5.00"),
        short_term: usd("0"),
        long_term: usd("0"),
        price_effect: usd("0"),
        currency_effect: usd("0"),
        open_cost: usd("9"),
        warnings: ["one lot has no date"],
        conventions: { long_term: "more than a year" },
      },
    }),
    anAnalysis({
      id: "ana_2",
      kind: "statement",
      state: "failed",
      error: { reason: "X", message: "no prices at all" },
    }),
  ]);
  renderWithQueries(<Reports />);
  expect(await screen.findByText("no prices at all")).toBeVisible();
  await userEvent.click(
    within(screen.getByRole("region", { name: "Reports" })).getByRole("button", { name: "Tax-lot report" }),
  );
  const panel = within(await screen.findByRole("dialog", { name: "Tax-lot report" }));
  expect(await panel.findByRole("link", { name: /^Download PDF/ })).toHaveAttribute(
    "href",
    "https://files.example/lots.pdf",
  );
  expect(panel.getByRole("link", { name: /^Download CSV/ })).toBeVisible();
  expect(panel.getByText("$12,345,678,901,234,567.89")).toBeVisible();
  expect(panel.getByText("one lot has no date")).toBeVisible();
});
