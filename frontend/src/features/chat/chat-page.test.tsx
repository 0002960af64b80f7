import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { useState } from "react";
import { beforeEach, expect, test, vi } from "vitest";

import type { Turn } from "@/features/chat/api/types";
import { ChatPage } from "@/features/chat/chat-page";
import { renderWithQueries } from "@/testing/render";
import { server } from "@/testing/server";

const path = "/api/chat/v1/conversations";
const question = "How did I do this year against SPY, and how risky is it?";
const answer = "You gained **12.35%** this year.";

const head = {
  id: "cnv_1",
  title: question,
  pinned: false,
  created_at: "2026-11-22T10:00:00Z",
  updated_at: "2026-11-22T10:00:00Z",
  keep: "month",
};

function aTurn(part: Partial<Turn> = {}): Turn {
  return {
    id: "trn_1",
    conversation_id: "cnv_1",
    parent_turn_id: null,
    state: "running",
    question,
    model: "offline-analyst",
    attempt: 1,
    created_at: "2026-11-22T10:00:00Z",
    finished_at: null,
    text: "",
    tool_calls: [],
    proposals: [],
    receipts: [],
    citations: [],
    replaced: null,
    usage: null,
    problem: null,
    ...part,
  };
}

const completed = aTurn({
  state: "completed",
  text: answer,
  tool_calls: [
    {
      call_id: "c1",
      name: "get_performance",
      arguments: {},
      ok: true,
      duration_ms: 31,
      summary: "Up",
      result: { twr: 0.12349 },
    },
  ],
  receipts: [{ span: [13, 19], value: "12.35%", status: "matched", call_id: "c1", path: "$.twr" }],
  usage: { model: "offline-analyst", input_tokens: 900, output_tokens: 40, cost: null },
});

const analyst = { name: "offline-analyst", default: true, input_per_million: "0", output_per_million: "0" };
const dear = { name: "dear", default: false, input_per_million: "2.5", output_per_million: "10" };
let offered = [analyst];

const events = [
  ["turn.started", { turn_id: "trn_1" }],
  ["tool.started", { call_id: "c1", name: "get_performance", arguments: {} }],
  ["tool.finished", { call_id: "c1", ok: true, duration_ms: 31, summary: "Up" }],
  ["text.delta", { text: "You gained " }],
  ["text.delta", { text: "**12.35%** this year." }],
  ["receipt", completed.receipts[0]],
  ["usage", completed.usage],
  ["turn.completed", {}],
] as const;

/** A chat service that answers one question; its stored turn is complete once the stream has been read to its end. */
function serveChat(options: { cutAfter?: number } = {}): { streamsFrom: (string | null)[]; asked: unknown[] } {
  let turns: Turn[] = [];
  const streamsFrom: (string | null)[] = [];
  const asked: unknown[] = [];
  server.use(
    http.get("/api/chat/v1/retention", () => HttpResponse.json({ keep: "month" })),
    http.get("/api/chat/v1/models", () => HttpResponse.json({ items: offered, next_page_token: "" })),
    http.get(path, () => HttpResponse.json({ items: turns.length > 0 ? [head] : [], next_page_token: "" })),
    http.post(path, () => HttpResponse.json({ ...head, title: "" }, { status: 201 })),
    http.get(`${path}/cnv_1`, () => HttpResponse.json({ ...head, turns })),
    http.post(`${path}/cnv_1/turns`, async ({ request }) => {
      const body = await request.text();
      if (body !== "") asked.push(JSON.parse(body));
      turns = [aTurn()];
      return HttpResponse.json({ turn_id: "trn_1", state: "running" }, { status: 201 });
    }),
    http.get(`${path}/cnv_1/turns/trn_1`, () => HttpResponse.json(completed)),
    http.get(`${path}/cnv_1/turns/trn_1/events`, ({ request }) => {
      const last = request.headers.get("last-event-id");
      streamsFrom.push(last);
      const cut = streamsFrom.length === 1 ? (options.cutAfter ?? events.length) : events.length;
      const body = events
        .map(([type, data], index) => ({ id: index + 1, type, data }))
        .filter(({ id }) => id > Number(last ?? 0) && id <= cut)
        .map(({ id, type, data }) => `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`)
        .join("");
      if (cut === events.length) turns = [completed];
      return new HttpResponse(body, { headers: { "content-type": "text/event-stream" } });
    }),
  );
  return { streamsFrom, asked };
}

function Chat({ start }: { start?: string }) {
  const [id, setId] = useState(start);
  return <ChatPage conversationId={id} onSelect={setId} onOpenDocument={vi.fn()} />;
}

beforeEach(() => {
  offered = [analyst];
  // The layout the follow-to-bottom reads does not exist in jsdom; nothing here depends on it.
  vi.spyOn(window, "scrollTo").mockImplementation(() => undefined);
});

test("a suggested question is asked, answered and its figure leads to the tool's value", async () => {
  serveChat();
  renderWithQueries(<Chat />);
  await userEvent.click(await screen.findByRole("button", { name: question }));
  const article = await screen.findByRole("article");
  await userEvent.click(await within(article).findByRole("button", { name: "Receipt: 12.35% (matched)" }));
  const panel = await screen.findByRole("dialog", { name: "Receipt" });
  expect(await within(panel).findByText("Value in tool result")).toBeVisible();
  expect(within(panel).getByText("exactly 0.12349")).toBeVisible();
  expect(within(panel).getAllByText("12.35%")).toHaveLength(2);
});

test("a stream that is cut goes on where it was and the text is whole", async () => {
  const { streamsFrom } = serveChat({ cutAfter: 4 });
  renderWithQueries(<Chat />);
  await userEvent.type(screen.getByRole("textbox", { name: "Ask a question" }), `${question}{Enter}`);
  expect(await screen.findByText(/1 figure checked: 1 matched/)).toBeVisible();
  expect(screen.getByRole("article")).toHaveTextContent("You gained 12.35% this year.");
  expect(streamsFrom).toEqual([null, "4"]);
  expect(screen.getByRole("textbox", { name: "Ask a question" })).toHaveValue("");
});

test("opening a conversation whose turn runs attaches to it from the first event", async () => {
  const { streamsFrom } = serveChat();
  await fetch(`${path}/cnv_1/turns`, { method: "POST" });
  renderWithQueries(<Chat start="cnv_1" />);
  expect(await screen.findByRole("button", { name: "Receipt: 12.35% (matched)" })).toBeVisible();
  expect(streamsFrom[0]).toBeNull();
});

test("a refused question stays in the composer with the reason", async () => {
  serveChat();
  server.use(
    http.post(`${path}/cnv_1/turns`, () =>
      HttpResponse.json({ detail: "Too many questions at once.", reason: "TOO_MANY_TURNS" }, { status: 429 }),
    ),
  );
  renderWithQueries(<Chat />);
  const box = screen.getByRole("textbox", { name: "Ask a question" });
  await userEvent.type(box, "Hello");
  await userEvent.click(screen.getByRole("button", { name: "Send" }));
  expect(await screen.findByRole("alert")).toHaveTextContent("Too many questions at once.");
  expect(box).toHaveValue("Hello");
});

test("an edited question makes a branch and the earlier answer can be gone back to", async () => {
  const first = { ...completed, text: "The first answer.", receipts: [] };
  const turns: Turn[] = [first];
  const asked: unknown[] = [];
  server.use(
    http.get(path, () => HttpResponse.json({ items: [head], next_page_token: "" })),
    http.get(`${path}/cnv_1`, () => HttpResponse.json({ ...head, turns })),
    http.post(`${path}/cnv_1/turns`, async ({ request }) => {
      asked.push(await request.json());
      turns.push({ ...first, id: "trn_2", question: "And against QQQ?", text: "The second answer." });
      return HttpResponse.json({ turn_id: "trn_2", state: "running" }, { status: 201 });
    }),
  );
  renderWithQueries(<Chat start="cnv_1" />);
  await userEvent.click(await screen.findByRole("button", { name: "Edit the question" }));
  const box = screen.getByRole("textbox", { name: "Edited question" });
  await userEvent.clear(box);
  await userEvent.type(box, "And against QQQ?");
  await userEvent.click(screen.getByRole("button", { name: "Ask" }));
  expect(await screen.findByText("The second answer.")).toBeVisible();
  expect(asked).toEqual([{ text: "And against QQQ?", parent_turn_id: "", model: null }]);
  expect(screen.queryByText("The first answer.")).toBeNull();
  await userEvent.click(screen.getByRole("button", { name: "Earlier version" }));
  expect(await screen.findByText("The first answer.")).toBeVisible();
});

test("a failed turn says why and offers to ask again", async () => {
  server.use(
    http.get(path, () => HttpResponse.json({ items: [head], next_page_token: "" })),
    http.get(`${path}/cnv_1`, () =>
      HttpResponse.json({
        ...head,
        turns: [
          aTurn({
            state: "failed",
            problem: { type: "", title: "", reason: "MODEL_UNAVAILABLE", detail: "The model cannot be reached." },
          }),
        ],
      }),
    ),
  );
  renderWithQueries(<Chat start="cnv_1" />);
  expect(await screen.findByText("The model cannot be reached.")).toBeVisible();
  expect(screen.getByRole("button", { name: "Ask again" })).toBeEnabled();
});

test("the model of the next answer is chosen where there are several", async () => {
  offered = [analyst, dear];
  const { asked } = serveChat();
  renderWithQueries(<Chat />);
  const picker = await screen.findByLabelText("Model");
  expect(picker).toHaveDisplayValue("offline-analyst · free");
  await userEvent.selectOptions(picker, "dear · 2.5 / 10 USD per million tokens in / out");
  await userEvent.click(screen.getByRole("button", { name: question }));
  await screen.findByRole("article");
  expect(asked).toEqual([{ text: question, parent_turn_id: null, model: "dear" }]);
});

test("an answer of another model than the one asked for says so", async () => {
  serveChat();
  const problem = { type: "x", title: "x", reason: "MODEL_RATE_LIMITED", detail: "no more requests for now" };
  server.use(
    http.get(`${path}/cnv_1`, () =>
      HttpResponse.json({
        ...head,
        turns: [{ ...completed, replaced: { model: "spare", instead_of: "dear", problem } }],
      }),
    ),
  );
  renderWithQueries(<Chat start="cnv_1" />);
  expect(await screen.findByRole("note")).toHaveTextContent("spare answers: dear did not (no more requests for now).");
  expect(screen.queryByLabelText("Model")).toBeNull();
});
