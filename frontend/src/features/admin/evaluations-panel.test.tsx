import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { expect, test } from "vitest";

import type { Evaluation } from "@/features/admin/api/evaluations";
import { AdminPage } from "@/features/admin/admin-page";
import { EvaluationsPanel } from "@/features/admin/evaluations-panel";
import { aRun } from "@/features/admin/testing";
import { renderWithQueries } from "@/testing/render";
import { server } from "@/testing/server";

const path = "/api/admin/v1/evaluations";

function serve(pages: Record<string, { items: Evaluation[]; next_page_token: string }>) {
  server.use(
    http.get(path, ({ request }) =>
      HttpResponse.json(pages[new URL(request.url).searchParams.get("page_token") ?? ""]),
    ),
    http.get(`${path}/:id`, ({ params }) => {
      const found = Object.values(pages).flatMap((page) => page.items);
      return HttpResponse.json(found.find((run) => run.id === params["id"]));
    }),
  );
}

test("runs are listed with their scores and the change against the run before", async () => {
  serve({
    "": {
      items: [
        aRun({ id: "4", passed: 9, questions: "f01" }),
        aRun({ id: "3", model: "gpt-x", passed: 5, only: ["risk"] }),
        aRun({ id: "2", passed: 8 }),
      ],
      next_page_token: "more",
    },
    more: { items: [aRun({ id: "1", passed: 8 })], next_page_token: "" },
  });
  renderWithQueries(<EvaluationsPanel />);
  const table = await screen.findByRole("table", { name: "Evaluations" });
  expect(
    within(table)
      .getAllByRole("columnheader")
      .map((each) => each.textContent),
  ).toEqual(["Run", "Model", "Score", "Change", "Plan", "Citations", "First word", "Actions"]);
  const [newest, other, oldest] = within(table)
    .getAllByRole("rowheader")
    .map((header) => header.closest("tr"));
  expect(newest).toHaveTextContent("90.0%+10.0other questions");
  expect(newest).toHaveTextContent("210 ms");
  expect(within(table).getAllByTitle("Plan: 9 of 10")).toHaveLength(3);
  expect(other).toHaveTextContent("a part only");
  expect(other).toHaveTextContent("50.0%–"); // older runs are not loaded: nothing is said
  expect(oldest).toHaveTextContent("80.0%–");

  await userEvent.click(screen.getByRole("button", { name: "Show more" }));
  expect(await within(table).findByText("0.0")).toBeVisible();
  expect(within(table).getAllByText("first")).toHaveLength(2);
});

test("a run opens with its facts and failures", async () => {
  serve({ "": { items: [aRun()], next_page_token: "" } });
  renderWithQueries(<EvaluationsPanel />);
  await userEvent.click(await screen.findByRole("button", { name: /^Failures of the run of/ }));
  const dialog = await screen.findByRole("dialog", { name: /^Run of Jan 5, 2026/ });
  const [failure] = within(within(dialog).getByRole("list", { name: "Failures" })).getAllByRole("listitem");
  expect(failure).toHaveTextContent("risk / risk-beta");
  expect(failure).toHaveTextContent("My beta, please");
  expect(failure).toHaveTextContent("Expected: get_risk");
  expect(failure).toHaveTextContent("Got: no call");
  expect(within(dialog).getByText("2 of 100")).toBeVisible();
  expect(within(within(dialog).getByRole("table", { name: "Families" })).getByText("80.0%")).toBeVisible();
  await userEvent.keyboard("{Escape}");
  expect(screen.queryByRole("dialog")).toBeNull();
});

test("a run without failures, price or words says so", async () => {
  const latency = { first_word_p50_ms: null, first_word_p95_ms: null, whole_p50_ms: null, whole_p95_ms: null };
  serve({ "": { items: [aRun({ failures: [], cost: null, latency })], next_page_token: "" } });
  renderWithQueries(<EvaluationsPanel />);
  await userEvent.click(await screen.findByRole("button", { name: /^Failures of the run of/ }));
  expect(await screen.findByText("Nothing failed")).toBeVisible();
  expect(screen.getByText("no price listed")).toBeVisible();
});

test("before the first run the page says how to make one", async () => {
  serve({ "": { items: [], next_page_token: "" } });
  server.use(http.get("/api/admin/v1/health", () => HttpResponse.json({ ready: true, services: [] })));
  renderWithQueries(<AdminPage ownId="usr_a" />);
  await userEvent.click(screen.getByRole("tab", { name: "Evaluations" }));
  expect(await screen.findByText("No evaluation yet")).toBeVisible();
  expect(screen.getByText("make eval")).toBeVisible();
});

test("runs that cannot be loaded can be tried again", async () => {
  serve({ "": { items: [aRun()], next_page_token: "" } });
  server.use(http.get(path, () => HttpResponse.json({ detail: "not now" }, { status: 500 }), { once: true }));
  renderWithQueries(<EvaluationsPanel />);
  expect(screen.getByText("Loading evaluations")).toBeVisible();
  expect(await screen.findByText("not now")).toBeVisible();
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByRole("table", { name: "Evaluations" })).toBeVisible();
});
