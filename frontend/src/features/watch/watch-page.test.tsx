import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { useState } from "react";
import { expect, test } from "vitest";

import type { Alert, JudgedAlert } from "@/features/watch/api/alerts";
import { takeQuote, watchlistQuery, type QuotedWatchlist } from "@/features/watch/api/watchlists";
import { WatchPage } from "@/features/watch/watch-page";
import type { QuoteModel } from "@/lib/api/gen/stock/types.gen";
import { renderWithQueries } from "@/testing/render";
import { server } from "@/testing/server";

const path = "/api/stock/v1";

function aQuote(symbol: string, amount: string, part: Partial<QuoteModel> = {}): QuoteModel {
  return {
    symbol,
    name: `${symbol} Inc.`,
    price: { amount, currency: "USD" },
    previous_close: { amount: "100", currency: "USD" },
    change: { amount: "-1.50", currency: "USD" },
    change_fraction: -0.015,
    as_of: "2024-11-29T18:00:00Z",
    age_seconds: 5,
    stale: false,
    source: "replay",
    undefined: {},
    ...part,
  };
}

function aList(part: Partial<QuotedWatchlist> = {}): QuotedWatchlist {
  return {
    id: "wl_1",
    name: "Tech",
    symbols: ["AAPL", "MSFT"],
    version: 3,
    created_at: "2024-11-01T00:00:00Z",
    updated_at: "2024-11-01T00:00:00Z",
    as_of: "2024-11-29T18:00:05Z",
    stale_quotes: 0,
    quotes: { items: [aQuote("AAPL", "237.33"), aQuote("MSFT", "423.46")], errors: [] },
    ...part,
  };
}

function anAlert(part: Partial<Alert> = {}): Alert {
  return {
    id: "alr_1",
    name: "Apple",
    rule: { kind: "price", symbol: "AAPL", above: "240" },
    summary: "AAPL is above 240",
    repeat: false,
    margin: 0.01,
    enabled: true,
    expires_at: null,
    snoozed_until: null,
    status: "armed",
    fired_at: null,
    fired_count: 0,
    version: 2,
    created_at: "2024-11-01T00:00:00Z",
    updated_at: "2024-11-01T00:00:00Z",
    ...part,
  };
}

function serve(lists: QuotedWatchlist[], alerts: Alert[]): void {
  server.use(
    http.get(`${path}/watchlists`, () => HttpResponse.json({ items: lists, next_page_token: "" })),
    http.get(`${path}/watchlists/:id`, ({ params }) =>
      HttpResponse.json(lists.find(({ id }) => id === params["id"]) ?? null),
    ),
    http.get(`${path}/alerts`, () => HttpResponse.json({ items: alerts, next_page_token: "" })),
    http.get(`${path}/instruments`, () => HttpResponse.json({ items: [], next_page_token: "" })),
  );
}

function Watch() {
  const [opened, setOpened] = useState<string>();
  return <WatchPage openedAlertId={opened} onOpenAlert={setOpened} />;
}

test("without lists and alerts it says what they are for", async () => {
  serve([], []);
  renderWithQueries(<Watch />);
  expect(await screen.findByText("No watchlists yet")).toBeVisible();
  expect(await screen.findByText("No alerts yet")).toBeVisible();
});

test("lists and alerts that cannot be loaded say so, and can be tried again", async () => {
  serve([aList()], [anAlert()]);
  server.use(
    http.get(`${path}/watchlists`, () => HttpResponse.json({ detail: "no lists today" }, { status: 500 }), {
      once: true,
    }),
    http.get(`${path}/alerts`, () => HttpResponse.json({ detail: "no alerts today" }, { status: 500 }), { once: true }),
  );
  renderWithQueries(<Watch />);
  expect(await screen.findByText("no alerts today")).toBeVisible();
  const lists = within(screen.getByRole("region", { name: "Watchlists" }));
  expect(await lists.findByText("no lists today")).toBeVisible();
  await userEvent.click(lists.getByRole("button", { name: "Try again" }));
  expect(await screen.findByRole("table", { name: "Quotes of Tech" })).toBeVisible();
});

test("a quote from the socket replaces an older one and never a newer", async () => {
  serve([aList()], []);
  const { queryClient } = renderWithQueries(<Watch />);
  expect(await screen.findByText("$237.33")).toBeVisible();
  const tick = (amount: string, asOf: string) =>
    act(() =>
      takeQuote(queryClient, "wl_1", { type: "quote", ...aQuote("AAPL", amount, { as_of: asOf, stale: true }) }),
    );
  tick("238.00", "2024-11-29T18:01:00Z");
  expect(await screen.findByText("$238.00")).toBeVisible();
  expect(screen.getByText("1 stale quote")).toBeVisible();
  tick("1.00", "2024-11-29T17:00:00Z");
  expect(queryClient.getQueryData(watchlistQuery("wl_1").queryKey)?.quotes.items[0]?.price.amount).toBe("238.00");
});

test("a symbol without a quote says why, and a suggestion takes its place", async () => {
  const list = aList({
    symbols: ["APPL"],
    quotes: {
      items: [],
      errors: [{ symbol: "APPL", reason: "UNKNOWN_SYMBOL", detail: "no such symbol", suggestions: ["AAPL"] }],
    },
  });
  serve([list], []);
  const changes: unknown[] = [];
  server.use(
    http.patch(`${path}/watchlists/wl_1`, async ({ request }) => {
      changes.push(await request.json());
      Object.assign(list, aList({ symbols: ["AAPL"], version: 4 }));
      return HttpResponse.json(list);
    }),
  );
  renderWithQueries(<Watch />);
  expect(await screen.findByText("no such symbol")).toBeVisible();
  await userEvent.click(screen.getByRole("button", { name: "Use AAPL" }));
  expect(await screen.findByText("$237.33")).toBeVisible();
  expect(changes).toEqual([{ symbols: ["AAPL"], version: 3 }]);
});

test("a symbol is added; one that is there already, or unknown, is named at its field", async () => {
  const list = aList();
  serve([list], []);
  server.use(
    http.patch(`${path}/watchlists/wl_1`, async ({ request }) => {
      const { symbols } = (await request.json()) as { symbols: string[] };
      if (symbols.includes("NO PE"))
        return HttpResponse.json({ errors: [{ pointer: "/symbols/2", detail: "is no symbol" }] }, { status: 422 });
      Object.assign(list, {
        symbols,
        version: 4,
        quotes: { items: [...list.quotes.items, aQuote("JPM", "250.29")], errors: [] },
      });
      return HttpResponse.json(list);
    }),
  );
  renderWithQueries(<Watch />);
  const field = await screen.findByRole("combobox", { name: "Add a symbol" });
  await userEvent.type(field, "aapl{Enter}");
  expect(screen.getByText("It is on the list already.")).toBeVisible();
  await userEvent.clear(field);
  await userEvent.type(field, "no pe{Enter}");
  expect(await screen.findByText("is no symbol")).toBeVisible();
  expect(field).toBeInvalid();
  await userEvent.clear(field);
  await userEvent.type(field, "jpm{Enter}");
  expect(await screen.findByText("$250.29")).toBeVisible();
  expect(field).toHaveValue("");
});

test("a combined rule is written by keyboard and pointer, refused at its place, tried, and kept", async () => {
  const alerts: Alert[] = [];
  serve([], alerts);
  const tried: unknown[] = [];
  server.use(
    http.post(`${path}/alerts\\:backtest`, async ({ request }) => {
      tried.push(await request.json());
      return HttpResponse.json({
        start: "2023-11-29",
        end: "2024-11-29",
        days: 252,
        fired: ["2024-08-05"],
        rearmed: [],
        true_days: 3,
        undefined_days: 2,
        undefined: { "/rule/of/1": "no earnings dates of the past" },
        conventions: { closes: "daily closes" },
      });
    }),
    http.post(`${path}/alerts`, async ({ request }) => {
      const body = (await request.json()) as { name: string; rule: { of: { symbol: string }[] } };
      if (body.rule.of[0]?.symbol === "NOPE")
        return HttpResponse.json(
          { errors: [{ pointer: "/rule/of/0/symbol", detail: "no such symbol" }] },
          { status: 422 },
        );
      alerts.push(anAlert({ name: body.name }));
      return HttpResponse.json(alerts[0], { status: 201 });
    }),
  );
  renderWithQueries(<Watch />);
  await userEvent.click(await screen.findByRole("button", { name: "New alert" }));
  const dialog = within(screen.getByRole("dialog", { name: "New alert" }));
  await userEvent.type(dialog.getByRole("textbox", { name: "Alert name" }), "Apple falls");
  await userEvent.selectOptions(dialog.getByRole("combobox", { name: "Condition: kind" }), "all");
  const first = within(dialog.getByRole("group", { name: "Condition 1" }));
  await userEvent.type(first.getByRole("combobox", { name: "Symbol" }), "nope");
  await userEvent.selectOptions(first.getByRole("combobox", { name: "Is" }), "below");
  await userEvent.type(first.getByRole("textbox", { name: "Price level" }), "200");
  await userEvent.click(dialog.getByRole("button", { name: "Add a condition" }));
  const second = within(dialog.getByRole("group", { name: "Condition 2" }));
  await userEvent.selectOptions(second.getByRole("combobox", { name: "Condition 2: kind" }), "not");
  await userEvent.selectOptions(second.getByRole("combobox", { name: "Condition 2.1: kind" }), "earnings");
  await userEvent.clear(second.getByRole("combobox", { name: "Symbol" }));
  await userEvent.type(second.getByRole("combobox", { name: "Symbol" }), "AAPL");
  await userEvent.type(second.getByRole("textbox", { name: "Within days" }), "7");

  await userEvent.click(dialog.getByRole("button", { name: "Create alert" }));
  expect(await first.findByText("no such symbol")).toBeVisible();
  const symbol = first.getByRole("combobox", { name: "Symbol" });
  expect(symbol).toBeInvalid();
  await userEvent.clear(symbol);
  await userEvent.type(symbol, "aapl");

  await userEvent.click(dialog.getByRole("button", { name: "Try on the last year" }));
  expect(await dialog.findByText("It would have fired once")).toBeVisible();
  expect(dialog.getByText("Aug 5, 2024")).toBeVisible();
  expect(dialog.getByText("no earnings dates of the past")).toBeVisible();
  expect(tried).toEqual([
    {
      name: "Apple falls",
      rule: {
        kind: "all",
        of: [
          { kind: "price", symbol: "AAPL", below: "200" },
          { kind: "not", of: { kind: "earnings", symbol: "AAPL", days: 7 } },
        ],
      },
      repeat: false,
      margin: 0.01,
      expires_at: null,
    },
  ]);
  await userEvent.click(dialog.getByRole("button", { name: "Create alert" }));
  expect(await screen.findByRole("button", { name: "Apple falls" })).toBeVisible();
});

test("an alert opens with each condition as measured, and why one is undefined", async () => {
  const judged: JudgedAlert = {
    ...anAlert({
      rule: {
        kind: "any",
        of: [
          { kind: "move", symbol: "AAPL", above: 0.05, days: 5 },
          { kind: "earnings", symbol: "SPY", days: 7 },
        ],
      },
    }),
    truth: "undefined",
    conditions: [
      { pointer: "/rule/of/0", condition: "AAPL moved above 5% in 5 days", value: 0.0312, truth: "false" },
      { pointer: "/rule/of/1", condition: "SPY reports within 7 days", value: null, truth: "undefined" },
    ],
    undefined: { "/rule/of/1": "no earnings date is known" },
  };
  serve([], [judged]);
  server.use(http.get(`${path}/alerts/alr_1`, () => HttpResponse.json(judged)));
  renderWithQueries(<Watch />);
  await userEvent.click(await screen.findByRole("button", { name: "Apple" }));
  const conditions = within(await screen.findByRole("list", { name: "Conditions" })).getAllByRole("listitem");
  expect(conditions[0]).toHaveTextContent("does not hold, now 3.12%");
  expect(conditions[1]).toHaveTextContent("undefined: no earnings date is known");
  expect(screen.getByText(/does not fire while that is so/)).toBeVisible();
});

test("an alert is snoozed, and a change names only what differs", async () => {
  const alert = anAlert();
  serve([], [alert]);
  const bodies: Record<string, unknown>[] = [];
  server.use(
    http.post(`${path}/alerts/alr_1\\:snooze`, async ({ request }) => {
      const body = (await request.json()) as { until: string };
      Object.assign(alert, { status: "snoozed", snoozed_until: body.until, version: 3 });
      return HttpResponse.json(alert);
    }),
    http.patch(`${path}/alerts/alr_1`, async ({ request }) => {
      bodies.push((await request.json()) as Record<string, unknown>);
      Object.assign(alert, { name: "Apple up", version: 4 });
      return HttpResponse.json(alert);
    }),
  );
  renderWithQueries(<Watch />);
  await userEvent.click(await screen.findByRole("button", { name: "Actions for Apple" }));
  await userEvent.click(await screen.findByRole("menuitem", { name: "Snooze for a day" }));
  expect(await screen.findByText(/^snoozed until/)).toBeVisible();
  await userEvent.click(screen.getByRole("button", { name: "Actions for Apple" }));
  await userEvent.click(await screen.findByRole("menuitem", { name: "Change" }));
  const name = await screen.findByRole("textbox", { name: "Alert name" });
  await userEvent.clear(name);
  await userEvent.type(name, "Apple up");
  await userEvent.click(screen.getByRole("button", { name: "Save alert" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(bodies).toEqual([{ name: "Apple up", version: 3 }]);
  expect(screen.getByRole("button", { name: "Apple up" })).toBeVisible();
});

test("one that has fired says how long it is silent, and is armed again", async () => {
  const alert = anAlert({
    status: "fired",
    fired_at: "2024-11-29T18:00:00Z",
    fired_count: 1,
    snoozed_until: new Date(Date.now() + 3_600_000).toISOString(),
  });
  serve([], [alert]);
  const bodies: unknown[] = [];
  server.use(
    http.patch(`${path}/alerts/alr_1`, async ({ request }) => {
      bodies.push(await request.json());
      Object.assign(alert, { status: "armed", snoozed_until: null, version: 3 });
      return HttpResponse.json(alert);
    }),
  );
  renderWithQueries(<Watch />);
  expect(await screen.findByText(/fired once, .* silent until/)).toBeVisible();
  await userEvent.click(screen.getByRole("button", { name: "Actions for Apple" }));
  expect(await screen.findByRole("menuitem", { name: "End the silence" })).toBeVisible();
  await userEvent.click(screen.getByRole("menuitem", { name: "Arm again" }));
  expect(await screen.findByText("armed")).toBeVisible();
  expect(bodies).toEqual([{ enabled: true, version: 2 }]);
});
