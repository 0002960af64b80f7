import { share } from "@/features/admin/scores";
import { formatPercent } from "@/lib/format";

type Props = { name: string; met: number; asked: number };

/** A share as a number with a small bar behind it. */
export function ScoreBar({ name, met, asked }: Props) {
  const part = share({ met, asked });
  if (part === null) return <span className="text-muted">–</span>;
  return (
    <span className="flex min-w-16 flex-col gap-1" title={`${name}: ${met} of ${asked}`}>
      <span className="tabular-nums">{formatPercent(part, { digits: 1 })}</span>
      <span aria-hidden className="h-1 overflow-hidden rounded-full bg-raised">
        <span className="block h-full rounded-full bg-accent" style={{ width: `${part * 100}%` }} />
      </span>
    </span>
  );
}
