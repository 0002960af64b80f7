import { expect, test } from "vitest";

import { fractionOf, percentOf } from "@/features/portfolio/plan/percent";

test.each([
  ["12.5", "0.125"],
  ["100", "1.00"],
  ["7", "0.07"],
  [".5", "0.005"],
  ["33.33 %", "0.3333"],
  ["-3", "-0.03"],
  ["many", "many"],
])("%s percent is %s", (percent, fraction) => {
  expect(fractionOf(percent)).toBe(fraction);
});

test("percents of a fraction carry no dust of the float", () => {
  expect([0.07, 0.125, 1, 1 / 3].map(percentOf)).toEqual(["7", "12.5", "100", "33.3333"]);
});
