import { expect, test } from "vitest";

import { newLiveTurn, takeEvent } from "@/features/chat/turn-events";

const events = [
  { id: "1", type: "turn.started", data: { turn_id: "trn_1", model: "offline-analyst" } },
  { id: "2", type: "tool.started", data: { call_id: "c1", name: "get_performance", arguments: { period: "ytd" } } },
  { id: "3", type: "tool.finished", data: { call_id: "c1", ok: true, duration_ms: 12, summary: "Up" } },
  { id: "4", type: "text.delta", data: { text: "Up " } },
  { id: "5", type: "text.delta", data: { text: "12%." } },
  { id: "6", type: "receipt", data: { span: [3, 6], value: "12%", status: "matched", call_id: "c1", path: "$.twr" } },
  { id: "7", type: "turn.completed", data: {} },
];

test("folds a turn", () => {
  const turn = events.reduce(takeEvent, newLiveTurn());
  expect(turn).toMatchObject({
    state: "completed",
    text: "Up 12%.",
    tool_calls: [{ call_id: "c1", ok: true, duration_ms: 12, arguments: { period: "ytd" } }],
    receipts: [{ value: "12%" }],
    lastEventId: 7,
  });
});

test("a result that was cut for the model says by how much", () => {
  const cut = { id: "4", type: "tool.cut", data: { call_id: "c1", left_out_bytes: 5120, bound: "turn" } };
  const turn = [...events.slice(0, 3), cut].reduce(takeEvent, newLiveTurn());
  expect(turn.tool_calls).toMatchObject([{ call_id: "c1", ok: true, left_out_bytes: 5120 }]);
});

test("events that come twice count once", () => {
  const turn = [...events.slice(0, 5), ...events.slice(2)].reduce(takeEvent, newLiveTurn());
  expect(turn.text).toBe("Up 12%.");
});

test("a restart clears what was shown and ids go on", () => {
  const restarted = takeEvent(events.slice(0, 5).reduce(takeEvent, newLiveTurn()), {
    id: "8",
    type: "turn.restarted",
    data: { attempt: 2 },
  });
  expect(restarted).toMatchObject({ text: "", tool_calls: [], attempt: 2, lastEventId: 8, state: "running" });
});

test("a failure carries its problem, and kinds from the future are passed over", () => {
  const turn = [
    { id: "1", type: "turn.sparkled", data: {} },
    { id: "2", type: "turn.failed", data: { problem: { reason: "MODEL_UNAVAILABLE", detail: "The model is away." } } },
  ].reduce(takeEvent, newLiveTurn());
  expect(turn).toMatchObject({ state: "failed", problem: { reason: "MODEL_UNAVAILABLE" } });
});
