import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";

import { SignedMoney, SignedPercent } from "@/components/amount";
import { Card } from "@/components/card";
import { Choice } from "@/components/choice";
import { EmptyState } from "@/components/empty-state";
import { ErrorNote } from "@/components/error-note";
import { Spinner } from "@/components/spinner";
import { contributionQuery } from "@/features/portfolio/api/insights";
import type { TrailAsk } from "@/lib/api/trail";
import type { Span } from "@/features/portfolio/ranges";
import { Conventions } from "@/components/conventions";
import { TrailPanel } from "@/components/trail-panel";
import type { ContributionBy, ContributionModel, ContributionRow } from "@/lib/api/gen/stock/types.gen";
import { classNames } from "@/lib/class-names";
import { formatDay, formatPercent } from "@/lib/format";

const ways = [
  { value: "holding", label: "Holding" },
  { value: "sector", label: "Sector" },
  { value: "currency", label: "Currency" },
  { value: "account", label: "Account" },
] as const satisfies readonly { value: ContributionBy; label: string }[];

const effects = [
  { key: "price", label: "Price" },
  { key: "currency", label: "Currency" },
  { key: "income", label: "Income" },
  { key: "fees", label: "Fees" },
  { key: "taxes", label: "Taxes" },
] as const satisfies readonly { key: keyof ContributionRow["effects"]; label: string }[];

type Props = { portfolioId: string; span: Span; choice: ReactNode };

/** Where the return came from: rows that sum to it, the most first. */
export function ContributionCard({ portfolioId, span, choice }: Props) {
  const [by, setBy] = useState<ContributionBy>("holding");
  const [asked, setAsked] = useState<ContributionRow>();
  const contribution = useQuery(contributionQuery(portfolioId, span, by));
  const data = contribution.data;
  const trail = (row: ContributionRow): TrailAsk => ({
    portfolioId,
    figure: "contribution",
    query: { ...span, symbol: row.key },
  });
  return (
    <Card
      title="Contribution to the return"
      note={data === undefined ? undefined : `${formatDay(data.start)} to ${formatDay(data.end)}`}
      actions={
        <div className="flex flex-wrap gap-2">
          <Choice label="Contribution by" value={by} options={ways} onChange={setBy} />
          {choice}
        </div>
      }
    >
      {contribution.isPending && <Spinner label="Computing contributions" />}
      {contribution.isError && <ErrorNote error={contribution.error} onRetry={() => void contribution.refetch()} />}
      {data !== undefined && data.items.length === 0 && (
        <EmptyState title="Nothing contributed yet">
          {data.undefined["total_return"] ?? "There is no holding in these days."}
        </EmptyState>
      )}
      {data !== undefined && data.items.length > 0 && (
        <div className={classNames("transition-opacity", contribution.isPlaceholderData && "opacity-50")}>
          <Table data={data} onAsk={data.by === "holding" ? setAsked : undefined} />
        </div>
      )}
      {data !== undefined && <Conventions conventions={data.conventions} />}
      {asked !== undefined && (
        <TrailPanel
          name={`the contribution of ${asked.label}`}
          ask={trail(asked)}
          onClose={() => setAsked(undefined)}
        />
      )}
    </Card>
  );
}

/** Rows that are no holding and have no trail of their own. */
const special = new Set(["cash", "fees", "fx", "other"]);

type TableProps = { data: ContributionModel; onAsk: ((row: ContributionRow) => void) | undefined };

function Table({ data, onAsk }: TableProps) {
  const rows = [...data.items].sort((left, right) => right.contribution - left.contribution);
  const widest = Math.max(...rows.map((row) => Math.abs(row.contribution)), Number.MIN_VALUE);
  const number = "py-2 pr-4 text-right tabular-nums whitespace-nowrap";
  return (
    <div
      className="-mx-4 mb-3 overflow-x-auto px-4 sm:-mx-5 sm:px-5"
      tabIndex={0}
      role="group"
      aria-label="Contributions, scrollable"
    >
      <table aria-label="Contributions" className="w-full text-sm">
        <thead>
          <tr className="border-b border-line text-xs text-muted">
            <th scope="col" className="py-2 pr-4 text-left font-medium">
              Part
            </th>
            <th scope="col" className="py-2 pr-4 text-right font-medium">
              Contribution
            </th>
            <th scope="col" className="w-40 py-2 pr-4">
              <span className="sr-only">Bar</span>
            </th>
            {effects.map((effect) => (
              <th key={effect.key} scope="col" className="py-2 pr-4 text-right font-medium">
                {effect.label}
              </th>
            ))}
            <th scope="col" className="py-2 pr-4 text-right font-medium">
              Average weight
            </th>
            <th scope="col" className="py-2 text-right font-medium">
              Gain
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.key} className="border-b border-line">
              <th scope="row" className="py-2 pr-4 text-left font-medium whitespace-nowrap">
                {onAsk === undefined || special.has(row.key) ? (
                  row.label
                ) : (
                  <button
                    type="button"
                    title="How is this computed?"
                    onClick={() => onAsk(row)}
                    className="underline decoration-dotted underline-offset-2 hover:text-accent"
                  >
                    {row.label}
                  </button>
                )}
              </th>
              <td className={number}>
                <SignedPercent fraction={row.contribution} />
              </td>
              <td aria-hidden className="py-2 pr-4">
                <Bar part={row.contribution / widest} />
              </td>
              {effects.map((effect) => (
                <td key={effect.key} className={classNames(number, "text-muted")}>
                  {row.effects[effect.key] === 0 ? "" : formatPercent(row.effects[effect.key], { sign: true })}
                </td>
              ))}
              <td className={number}>{formatPercent(row.average_weight, { digits: 1 })}</td>
              <td className={classNames(number, "pr-0")}>
                <SignedMoney money={row.gain} />
              </td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr className="font-semibold">
            <th scope="row" className="py-2 pr-4 text-left">
              Sum: the time-weighted return
            </th>
            <td className={number}>
              {data.total_return === null ? (
                <span className="text-xs font-normal text-muted">
                  Undefined: {data.undefined["total_return"] ?? "no data"}
                </span>
              ) : (
                <SignedPercent fraction={data.total_return} />
              )}
            </td>
            <td colSpan={effects.length + 2} />
            <td className={classNames(number, "pr-0")}>
              <SignedMoney money={data.gain} />
            </td>
          </tr>
        </tfoot>
      </table>
    </div>
  );
}

/** -1 to 1, from the middle to either side. */
function Bar({ part }: { part: number }) {
  const width = `${Math.abs(part) * 50}%`;
  return (
    <div className="relative h-2 min-w-28 rounded-full bg-raised">
      <div
        className={classNames("absolute h-full rounded-full", part < 0 ? "right-1/2 bg-loss" : "left-1/2 bg-gain")}
        style={{ width }}
      />
    </div>
  );
}
