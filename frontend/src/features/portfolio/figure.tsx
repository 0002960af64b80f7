import type { ReactNode } from "react";

import { Explain } from "@/components/explain";

type Props = {
  name: string;
  meaning: string;
  /** Why there is no value; shown in its place. */
  reason: string | undefined;
  children: ReactNode;
};

/** One figure with its explanation. A figure that is not defined says why instead of showing a zero. */
export function Figure({ name, meaning, reason, children }: Props) {
  return (
    <div className="min-w-0">
      <dt className="flex items-center gap-1 text-xs text-muted">
        {name}
        <Explain subject={name}>{meaning}</Explain>
      </dt>
      <dd className="font-medium tabular-nums">
        {children === undefined || children === false ? (
          <span className="text-xs font-normal text-muted">Undefined: {reason ?? "no data"}</span>
        ) : (
          children
        )}
      </dd>
    </div>
  );
}
