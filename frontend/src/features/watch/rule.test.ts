import { expect, test } from "vitest";

import { aDraft, memberPointer, membersOf, ruleAt, toDraft, toRule, withKind, type Rule } from "@/features/watch/rule";
import { shiftPoint } from "@/features/watch/shift-point";

test.each([
  ["5", -2, "0.05"],
  ["-12.5", -2, "-0.125"],
  ["0.1", -2, "0.001"],
  ["300", -2, "3"],
  ["0.05", 2, "5"],
  ["-0.125", 2, "-12.5"],
  ["1", 2, "100"],
  ["0", 2, "0"],
  ["5e-05", 2, "0.005"],
  ["five", -2, "five"],
  ["", -2, ""],
])("the point of %s moved by %i gives %s", (text, places, moved) => {
  expect(shiftPoint(text, places)).toBe(moved);
});

const rule: Rule = {
  kind: "all",
  of: [
    { kind: "price", symbol: "AAPL", below: "200.10", currency: "EUR" },
    { kind: "move", symbol: "AAPL", below: "-0.05", days: 5 },
    { kind: "weight", portfolio_id: "prt_1", symbol: "AAPL", above: "0.2" },
    { kind: "not", of: { kind: "any", of: [{ kind: "earnings", symbol: "AAPL", days: 7 }] } },
    { kind: "drawdown", portfolio_id: "prt_1", days: 90, above: "0.1" },
    { kind: "stale", symbol: "AAPL", hours: 1.5 },
  ],
};

test("a rule read into a draft and written again is the same", () => {
  expect(toRule(toDraft(rule))).toEqual(rule);
});

test("fields of another kind are not sent, and percent goes as a fraction", () => {
  const draft = aDraft({
    kind: "move",
    symbol: " msft ",
    side: "below",
    level: "-5",
    days: "3",
    hours: "2",
    currency: "EUR",
  });
  expect(toRule(draft)).toEqual({ kind: "move", symbol: "MSFT", below: "-0.05", days: 3 });
});

test("a condition is found at the place the server names", () => {
  expect(ruleAt(rule, "/rule")).toBe(rule);
  expect(ruleAt(rule, "/rule/of/1")?.kind).toBe("move");
  expect(ruleAt(rule, "/rule/of/3/of/of/0")?.kind).toBe("earnings");
  expect(ruleAt(rule, "/rule/of/9")).toBeUndefined();
  expect(memberPointer("not", "/rule/of/3", 0)).toBe("/rule/of/3/of");
  expect(memberPointer("any", "/rule", 2)).toBe("/rule/of/2");
});

test("what was written survives becoming a join and back", () => {
  const leaf = aDraft({ symbol: "AAPL", level: "240" });
  const joined = withKind(leaf, "all");
  expect(membersOf(toRule(joined))).toEqual([{ kind: "price", symbol: "AAPL", above: "240" }]);
  expect(toRule(withKind(joined, "price"))).toEqual({ kind: "price", symbol: "AAPL", above: "240" });
});
