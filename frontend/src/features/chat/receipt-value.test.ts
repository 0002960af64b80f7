import { expect, test } from "vitest";

import { foundValues } from "@/features/chat/receipt-value";

function shown(figure: string, path: string, result: unknown): string[] {
  return foundValues(figure, path, result).map((value) => value.shown);
}

test("a fraction is written as the percent the answer wrote", () => {
  expect(foundValues("12.3%", "$.twr", { twr: 0.12345 })).toMatchObject([{ shown: "12.3%", exact: "0.12345" }]);
});

test("an amount is found as an object and written in its currency", () => {
  expect(shown("$1,234.50", "$.total", { total: { amount: "1234.5", currency: "USD" } })).toEqual(["$1,234.50"]);
});

test("a count is the length of the list", () => {
  expect(shown("3", "count($.items)", { items: [1, 2, 3] })).toEqual(["3"]);
});

test("a figure quoted from a document stands in its words", () => {
  expect(shown("0.45%", "$.hits[0].text", { hits: [{ text: "The fee is 0.45% a year." }] })).toEqual(["0.45%"]);
});

test("a derivation shows each of its values", () => {
  expect(shown("4.0%", "$.a - $.b", { a: 0.1, b: 0.06 })).toEqual(["10.0%", "6.0%"]);
});

test("a path that leads nowhere shows nothing", () => {
  expect(shown("4.0%", "$.gone", {})).toEqual([]);
});

test("basis points and percentage points are units of a fraction", () => {
  expect(shown("85 bps", "$.gap", { gap: 0.00853 })).toEqual(["85 bps"]);
  expect(shown("2.5 percentage points", "$.gap", { gap: 0.0253 })).toEqual(["2.5%"]);
});
