import { useId, type ReactNode } from "react";

import { classNames } from "@/lib/class-names";

type Props = {
  title: string;
  /** A line beside or under the title. */
  note?: ReactNode;
  actions?: ReactNode;
  className?: string;
  children: ReactNode;
};

/** A titled part of a page, a region with the title as its name. */
export function Card({ title, note, actions, className, children }: Props) {
  const id = useId();
  return (
    <section
      aria-labelledby={id}
      className={classNames("min-w-0 rounded-xl border border-line bg-surface p-4 sm:p-5", className)}
    >
      <div className="mb-3 flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <div className="min-w-0">
          <h2 id={id} className="font-semibold">
            {title}
          </h2>
          {note !== undefined && <p className="text-xs text-muted">{note}</p>}
        </div>
        {actions}
      </div>
      {children}
    </section>
  );
}
