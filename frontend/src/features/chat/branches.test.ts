import { expect, test } from "vitest";

import type { Turn } from "@/features/chat/api/types";
import { shownPath } from "@/features/chat/branches";

function turns(...pairs: [string, string | null][]): Turn[] {
  return pairs.map(([id, parent_turn_id]) => ({ id, parent_turn_id }) as Turn);
}

const conversation = turns(["a", null], ["b", "a"], ["c", "b"], ["b2", "a"], ["a2", null], ["d", "a2"]);

function ids(choices: [string, string][]): string[] {
  return shownPath(conversation, new Map(choices)).map((step) => step.turn.id);
}

test("the newest question of each place is shown", () => {
  expect(ids([])).toEqual(["a2", "d"]);
});

test("a chosen branch is followed to its end", () => {
  expect(ids([["", "a"]])).toEqual(["a", "b2"]);
  expect(
    ids([
      ["", "a"],
      ["a", "b"],
    ]),
  ).toEqual(["a", "b", "c"]);
});

test("a choice that is gone falls back to the newest", () => {
  expect(ids([["", "gone"]])).toEqual(["a2", "d"]);
});

test("each step knows its place among its siblings", () => {
  const [first] = shownPath(conversation, new Map());
  expect([first?.index, first?.siblings.length]).toEqual([1, 2]);
});
