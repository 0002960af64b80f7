import { classNames } from "@/lib/class-names";
import { formatPercent } from "@/lib/format";
import { formatMoney, signOf, type Money } from "@/lib/money";

const tones = { [-1]: "text-loss", 0: "", 1: "text-gain" } as const;

/** A gain or loss: the sign is written out, colour only repeats it. */
export function SignedMoney({ money, className }: { money: Money; className?: string }) {
  return (
    <span className={classNames("tabular-nums", tones[signOf(money.amount)], className)}>
      {formatMoney(money, { sign: true })}
    </span>
  );
}

export function SignedPercent({ fraction, className }: { fraction: number; className?: string }) {
  const sign = Math.sign(fraction) as -1 | 0 | 1;
  return (
    <span className={classNames("tabular-nums", tones[sign], className)}>
      {formatPercent(fraction, { sign: true })}
    </span>
  );
}
