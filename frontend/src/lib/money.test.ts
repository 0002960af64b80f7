import { describe, expect, test } from "vitest";

import { compareDecimals, formatMoney, formatQuantity, signOf } from "@/lib/money";

describe("formatMoney", () => {
  test("keeps digits that a float would lose", () => {
    expect(formatMoney({ amount: "90071992547409931.27", currency: "USD" })).toBe("$90,071,992,547,409,931.27");
  });

  test("writes the sign of a gain and of a loss, and none on zero", () => {
    expect(formatMoney({ amount: "12.3", currency: "USD" }, { sign: true })).toBe("+$12.30");
    expect(formatMoney({ amount: "-12.3", currency: "EUR" }, { sign: true })).toBe("-€12.30");
    expect(formatMoney({ amount: "0.00", currency: "USD" }, { sign: true })).toBe("$0.00");
  });

  test("uses the places of the currency", () => {
    expect(formatMoney({ amount: "1234", currency: "JPY" })).toBe("¥1,234");
  });
});

test("quantities keep up to eight places", () => {
  expect(formatQuantity("1200.00000001")).toBe("1,200.00000001");
  expect(formatQuantity("10.000")).toBe("10");
});

test.each([
  ["0", 0],
  ["-0.00", 0],
  ["0.001", 1],
  ["-3", -1],
  ["+3", 1],
] as const)("the sign of %s is %i", (amount, sign) => {
  expect(signOf(amount)).toBe(sign);
});

test("decimal strings are ordered exactly", () => {
  const amounts = ["10", "9.99", "-1", "0", "-10.5", "9.990000000000000000001", "0100"];
  expect([...amounts].sort(compareDecimals)).toEqual([
    "-10.5",
    "-1",
    "0",
    "9.99",
    "9.990000000000000000001",
    "10",
    "0100",
  ]);
  expect(compareDecimals("1.10", "1.1")).toBe(0);
});
