import { Check, LoaderCircle } from "lucide-react";

import type { Analysis } from "@/features/reports/api/analyses";
import { formatPercent, humanise } from "@/lib/format";

/** How far an analysis is: a bar, the steps that are done, and the one it is at. */
export function Progress({ analysis }: { analysis: Analysis }) {
  const { progress, steps, current_step: current, state } = analysis;
  return (
    <div className="flex flex-col gap-1.5">
      <div
        role="progressbar"
        aria-label="Progress"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(progress * 100)}
        aria-valuetext={`${formatPercent(progress, { digits: 0 })}${current ? `, ${humanise(current)}` : ""}`}
        className="h-1.5 overflow-hidden rounded-full bg-raised"
      >
        <div className="h-full bg-accent transition-[width]" style={{ width: `${progress * 100}%` }} />
      </div>
      <ul aria-label="Steps" className="flex flex-wrap gap-x-3 gap-y-1 text-xs text-muted">
        {state === "queued" && <li>Waiting for its turn</li>}
        {steps.map((step) => (
          <li key={step.name} className="flex items-center gap-1">
            <Check aria-label="done" className="size-3 text-gain" />
            {humanise(step.name)}
          </li>
        ))}
        {state === "running" && current !== null && current !== "" && !steps.some(({ name }) => name === current) && (
          <li className="flex items-center gap-1 text-ink">
            <LoaderCircle aria-label="running" className="size-3 animate-spin" />
            {humanise(current)}
          </li>
        )}
      </ul>
    </div>
  );
}
