import { operandsOf, valueAt, type Operand } from "@/features/chat/json-path";
import { formatNumber, formatPercent } from "@/lib/format";
import { formatMoney, type Money } from "@/lib/money";

/** One operand of a receipt with what the tool said: as people write it, and exactly as it stands in the result. */
export type FoundValue = { operand: Operand; shown: string; exact: string };

/** Looks up what a receipt points to, written in the style of the figure as the answer wrote it. */
export function foundValues(figure: string, path: string, result: unknown): FoundValue[] {
  return operandsOf(path).flatMap((operand) => {
    const node = valueAt(result, operand.path);
    if (node === undefined) return [];
    const value = operand.count && Array.isArray(node) ? node.length : node;
    return [{ operand, shown: shownAs(figure, value), exact: exactly(value) }];
  });
}

function shownAs(figure: string, value: unknown): string {
  if (isMoney(value)) return formatMoney(value);
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof number !== "number" || Number.isNaN(number)) {
    // A passage of a document: the figure stands in its words.
    return typeof value === "string" && value.includes(figure) ? figure : exactly(value);
  }
  const digits = /\.(\d+)/.exec(figure)?.[1]?.length ?? 0;
  if (/\bbps?\b|basis points?/i.test(figure)) return `${formatNumber(number * 10_000, digits)} bps`;
  if (/%|percent|per cent|\bpct\b|\bpp\b/i.test(figure)) return formatPercent(number, { digits });
  return formatNumber(number, digits);
}

function exactly(value: unknown): string {
  if (isMoney(value)) return `${value.amount} ${value.currency}`;
  return typeof value === "string" ? value : JSON.stringify(value);
}

function isMoney(value: unknown): value is Money {
  return (
    typeof value === "object" &&
    value !== null &&
    "amount" in value &&
    typeof value.amount === "string" &&
    "currency" in value &&
    typeof value.currency === "string"
  );
}
