import type { ComponentProps } from "react";

type Props = Omit<ComponentProps<"input">, "type" | "className"> & { label: string };

/** A box to tick, with its words beside it. */
export function CheckField({ label, ...input }: Props) {
  return (
    <label className="flex items-center gap-2 text-sm">
      <input type="checkbox" {...input} className="size-4 shrink-0 accent-accent" />
      {label}
    </label>
  );
}
