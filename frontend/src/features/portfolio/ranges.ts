import type { Period } from "@/lib/api/gen/stock/types.gen";

export type Range = "ytd" | "1y" | "3y" | "all";

export const ranges = [
  { value: "ytd", label: "YTD" },
  { value: "1y", label: "1Y" },
  { value: "3y", label: "3Y" },
  { value: "all", label: "All" },
] as const satisfies readonly { value: Range; label: string }[];

/** A range as the API takes it: by name where it has one, so that it means the same days there, in answers and here. */
export type Span = { period: Period } | { start: string };

/** The span of a range that ends on a market day, "2024-11-29". */
export function spanOf(range: Range, marketDay: string): Span {
  switch (range) {
    case "ytd":
      return { period: "ytd" };
    case "1y":
      return { period: "1y" };
    case "3y":
      return { start: yearsBefore(marketDay, 3) };
    case "all":
      return { period: "max" };
  }
}

function yearsBefore(day: string, years: number): string {
  const before = `${Number.parseInt(day.slice(0, 4), 10) - years}${day.slice(4, 10)}`;
  return before.endsWith("-02-29") ? `${before.slice(0, 8)}28` : before;
}
