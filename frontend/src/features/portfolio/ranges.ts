export type Range = "ytd" | "1y" | "3y" | "all";

export const ranges = [
  { value: "ytd", label: "YTD" },
  { value: "1y", label: "1Y" },
  { value: "3y", label: "3Y" },
  { value: "all", label: "All" },
] as const satisfies readonly { value: Range; label: string }[];

/**
 * The day whose close a range starts from, for a market day "2024-11-29"; undefined means the ledger's first day. A year to
 * date starts from the close of the year before.
 */
export function startOf(range: Range, marketDay: string): string | undefined {
  if (range === "all") return undefined;
  const year = Number.parseInt(marketDay.slice(0, 4), 10);
  if (range === "ytd") return `${year - 1}-12-31`;
  const start = `${year - (range === "1y" ? 1 : 3)}${marketDay.slice(4, 10)}`;
  return start.endsWith("-02-29") ? `${start.slice(0, 8)}28` : start;
}
