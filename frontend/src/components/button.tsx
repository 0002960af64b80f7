import type { ComponentProps } from "react";

import { classNames } from "@/lib/class-names";

type Props = ComponentProps<"button"> & {
  variant?: "primary" | "secondary" | "quiet" | "danger";
  size?: "normal" | "small";
  /** Shown as busy and not to be pressed again. */
  busy?: boolean;
};

const variants = {
  primary: "bg-accent text-accent-ink hover:opacity-90",
  secondary: "border border-line bg-surface hover:bg-raised",
  quiet: "hover:bg-raised text-muted hover:text-ink",
  danger: "border border-loss text-loss hover:bg-loss-soft",
} as const;

export function Button({ variant = "secondary", size = "normal", busy = false, disabled, className, ...rest }: Props) {
  return (
    <button
      type="button"
      {...rest}
      disabled={disabled === true || busy}
      aria-busy={busy || undefined}
      className={classNames(
        "inline-flex shrink-0 items-center justify-center gap-1.5 rounded-lg font-medium whitespace-nowrap transition disabled:opacity-50",
        size === "normal" ? "px-3.5 py-2 text-sm" : "px-2 py-1 text-xs",
        variants[variant],
        className,
      )}
    />
  );
}
