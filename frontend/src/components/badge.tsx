import type { ReactNode } from "react";

import { classNames } from "@/lib/class-names";

const tones = {
  neutral: "bg-raised text-muted",
  accent: "bg-accent-soft text-accent",
  warn: "bg-warn-soft text-warn",
  loss: "bg-loss-soft text-loss",
} as const;

export type Tone = keyof typeof tones;

export function Badge({ tone = "neutral", title, children }: { tone?: Tone; title?: string; children: ReactNode }) {
  return (
    <span
      title={title}
      className={classNames(
        "inline-flex items-center gap-1 rounded-full px-2 py-0.5 text-xs font-medium whitespace-nowrap",
        tones[tone],
      )}
    >
      {children}
    </span>
  );
}
