import { CircleHelp } from "lucide-react";
import { Popover } from "radix-ui";
import type { ReactNode } from "react";

/** A question mark that opens an explanation; works by keyboard and touch, which a hover title does not. */
export function Explain({ subject, children }: { subject: string; children: ReactNode }) {
  return (
    <Popover.Root>
      <Popover.Trigger aria-label={`What is ${subject}?`} className="rounded-full text-muted hover:text-ink">
        <CircleHelp aria-hidden className="size-3.5" />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          sideOffset={6}
          collisionPadding={12}
          className="z-50 max-w-72 rounded-lg border border-line bg-surface p-3 text-sm shadow-lg"
        >
          {children}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
