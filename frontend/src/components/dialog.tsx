import { X } from "lucide-react";
import { Dialog as Primitive } from "radix-ui";
import type { ReactNode } from "react";

import { classNames } from "@/lib/class-names";

type Props = {
  title: string;
  description?: string;
  /** "panel" stands at the right edge and leaves the page readable beside it; "wide" is one for tables. */
  placement?: "centre" | "panel" | "wide";
  onClose: () => void;
  children: ReactNode;
};

/** An open dialog; render it while it should be there. Focus is kept inside and given back afterwards. */
export function Dialog({ title, description, placement = "centre", onClose, children }: Props) {
  return (
    <Primitive.Root open onOpenChange={(open) => !open && onClose()}>
      <Primitive.Portal>
        <Primitive.Overlay
          className={classNames("fixed inset-0 z-40", placement === "centre" ? "bg-black/40" : "bg-black/15")}
        />
        <Primitive.Content
          {...(description === undefined ? { "aria-describedby": undefined } : {})}
          className={classNames(
            "fixed z-50 flex flex-col gap-4 overflow-y-auto border-line bg-surface p-5 shadow-xl",
            placement === "centre"
              ? "top-1/2 left-1/2 max-h-[90dvh] w-[min(36rem,calc(100vw-2rem))] -translate-x-1/2 -translate-y-1/2 rounded-xl border"
              : "inset-y-0 right-0 border-l",
            placement === "panel" && "w-[min(30rem,100vw)]",
            placement === "wide" && "w-[min(52rem,100vw)]",
          )}
        >
          <div className="flex items-start justify-between gap-4">
            <div className="min-w-0">
              <Primitive.Title className="text-base font-semibold">{title}</Primitive.Title>
              {description !== undefined && (
                <Primitive.Description className="text-sm text-muted">{description}</Primitive.Description>
              )}
            </div>
            <Primitive.Close aria-label="Close" className="rounded-lg p-1 text-muted hover:bg-raised hover:text-ink">
              <X aria-hidden className="size-4" />
            </Primitive.Close>
          </div>
          {children}
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  );
}
