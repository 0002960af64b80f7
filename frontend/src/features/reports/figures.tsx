import type { ReactNode } from "react";

import { Titled } from "@/features/reports/titled";
import { formatDay, formatNumber, formatPercent } from "@/lib/format";
import { formatMoney, type Money } from "@/lib/money";

/** A figure as results have it; null comes with a reason elsewhere in the result. */
export type Value = Money | number | string | null | undefined;

export type Line = {
  label: string;
  value: Value;
  as?: "percent" | "number" | "count" | "day";
  reason?: string | undefined;
};

/** Figures with their names; one that does not exist says why. */
export function Figures({ label, lines }: { label: string; lines: readonly Line[] }) {
  return (
    <Titled title={label}>
      <dl className="divide-y divide-line text-sm">
        {lines.map((line) => (
          <div key={line.label} className="flex items-baseline justify-between gap-4 py-1">
            <dt className="text-muted">{line.label}</dt>
            <dd className="text-right tabular-nums">{shown(line)}</dd>
          </div>
        ))}
      </dl>
    </Titled>
  );
}

function shown({ value, as, reason }: Line): ReactNode {
  if (value === null || value === undefined)
    return <span className="text-xs text-muted">{reason === undefined ? "not known" : `Undefined: ${reason}`}</span>;
  if (typeof value === "object") return formatMoney(value);
  if (as === "day" && typeof value === "string") return formatDay(value);
  if (typeof value === "string") return value;
  if (as === "percent") return formatPercent(value);
  return formatNumber(value, as === "count" ? 0 : 2);
}
