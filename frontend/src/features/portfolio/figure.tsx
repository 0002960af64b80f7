import { useState, type ReactNode } from "react";

import { Explain } from "@/components/explain";
import type { TrailAsk } from "@/lib/api/trail";
import { TrailPanel } from "@/components/trail-panel";

type Props = {
  name: string;
  meaning: string;
  /** Why there is no value; shown in its place. */
  reason: string | undefined;
  /** Where the figure's rows are asked for. */
  trail?: TrailAsk | undefined;
  children: ReactNode;
};

/** One figure with its explanation and the way back to where it comes from. One that is not defined says why. */
export function Figure({ name, meaning, reason, trail, children }: Props) {
  const [asked, setAsked] = useState(false);
  return (
    <div className="min-w-0">
      <dt className="flex items-center gap-1 text-xs text-muted">
        {name}
        <Explain subject={name}>
          <p>{meaning}</p>
          {trail !== undefined && (
            <button
              type="button"
              onClick={() => setAsked(true)}
              className="mt-2 font-medium text-accent underline underline-offset-2"
            >
              How is this computed?
            </button>
          )}
        </Explain>
      </dt>
      <dd className="font-medium tabular-nums">
        {children === undefined || children === false ? (
          <span className="text-xs font-normal text-muted">Undefined: {reason ?? "no data"}</span>
        ) : (
          children
        )}
      </dd>
      {asked && trail !== undefined && <TrailPanel name={name} ask={trail} onClose={() => setAsked(false)} />}
    </div>
  );
}
