import { expect, test } from "vitest";

import { spanOf } from "@/features/portfolio/ranges";

test("ranges with a name in the API go by it", () => {
  expect(spanOf("ytd", "2024-11-29")).toEqual({ period: "ytd" });
  expect(spanOf("all", "2024-11-29")).toEqual({ period: "max" });
});

test("three years before a leap day is the day before", () => {
  expect(spanOf("3y", "2024-11-29")).toEqual({ start: "2021-11-29" });
  expect(spanOf("3y", "2024-02-29")).toEqual({ start: "2021-02-28" });
});
