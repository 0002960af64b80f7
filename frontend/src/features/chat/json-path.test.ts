import { expect, test } from "vitest";

import { operandsOf, valueAt } from "@/features/chat/json-path";

test("reads names, indices and quoted names", () => {
  expect(operandsOf("$.items[2].lots[0]['BRK-B']")).toEqual([{ count: false, path: ["items", 2, "lots", 0, "BRK-B"] }]);
});

test("reads the operands of a derivation", () => {
  expect(operandsOf("$.performance.twr - $.benchmark.twr")).toEqual([
    { count: false, path: ["performance", "twr"] },
    { count: false, path: ["benchmark", "twr"] },
  ]);
});

test("reads the length of a list", () => {
  expect(operandsOf("count($.items)")).toEqual([{ count: true, path: ["items"] }]);
});

test("finds what stands at a path, and nothing beside it", () => {
  const result = { items: [{ weight: 0.25 }] };
  expect(valueAt(result, ["items", 0, "weight"])).toBe(0.25);
  expect(valueAt(result, ["items", 1, "weight"])).toBeUndefined();
  expect(valueAt(result, ["items", 0, "weight", "deeper"])).toBeUndefined();
});
