import { useQuery } from "@tanstack/react-query";

import { Badge, type Tone } from "@/components/badge";
import { Card } from "@/components/card";
import { EmptyState } from "@/components/empty-state";
import { ErrorNote } from "@/components/error-note";
import { Spinner } from "@/components/spinner";
import { xrayQuery } from "@/features/portfolio/api/insights";
import type { Portfolio } from "@/features/portfolio/api/types";
import { Conventions } from "@/components/conventions";
import type { FindingModel } from "@/lib/api/gen/stock/types.gen";
import { formatDay, formatNumber, formatPercent } from "@/lib/format";
import { formatMoney } from "@/lib/money";

type State = FindingModel["state"];

const states = [
  { state: "fail", label: "Fails", tone: "loss" },
  { state: "warn", label: "Warns", tone: "warn" },
  { state: "unknown", label: "Unknown", tone: "neutral" },
  { state: "pass", label: "Passes", tone: "accent" },
] as const satisfies readonly { state: State; label: string; tone: Tone }[];

/** What the rules found, the worst first, with the positions behind it. */
export function XrayCard({ portfolio }: { portfolio: Portfolio }) {
  const xray = useQuery(xrayQuery(portfolio.id));
  const data = xray.data;
  return (
    <Card
      title="X-ray"
      note={data === undefined ? undefined : `${data.rules.length} rules, as of ${formatDay(data.as_of)}`}
      actions={
        data !== undefined && (
          <ul aria-label="Rules by outcome" className="flex flex-wrap gap-2">
            {states.map(({ state, label, tone }) => (
              <li key={state}>
                <Badge tone={tone}>
                  {label} {data.counts[state] ?? 0}
                </Badge>
              </li>
            ))}
          </ul>
        )
      }
    >
      {xray.isPending && <Spinner label="Checking the rules" />}
      {xray.isError && <ErrorNote error={xray.error} onRetry={() => void xray.refetch()} />}
      {data !== undefined && data.rules.length === 0 && <EmptyState title="There is nothing to check yet" />}
      {data?.warnings.map((warning) => (
        <p key={warning} className="mb-2 text-sm text-warn">
          {warning}
        </p>
      ))}
      {data !== undefined && (
        <>
          <Rules rules={data.rules.filter((rule) => rule.state !== "pass")} portfolio={portfolio} />
          <details className="mb-3 text-sm">
            <summary className="cursor-pointer text-muted hover:text-ink">
              Rules that pass: {data.counts["pass"] ?? 0}
            </summary>
            <div className="mt-2">
              <Rules rules={data.rules.filter((rule) => rule.state === "pass")} portfolio={portfolio} />
            </div>
          </details>
        </>
      )}
      {data !== undefined && <Conventions conventions={data.conventions} />}
    </Card>
  );
}

function Rules({ rules, portfolio }: { rules: readonly FindingModel[]; portfolio: Portfolio }) {
  return (
    <ul className="mb-3 grid items-start gap-3 md:grid-cols-2">
      {states.flatMap(({ state, tone, label }) =>
        rules
          .filter((rule) => rule.state === state)
          .map((rule) => <Rule key={rule.id} rule={rule} tone={tone} label={label} portfolio={portfolio} />),
      )}
    </ul>
  );
}

type RuleProps = { rule: FindingModel; tone: Tone; label: string; portfolio: Portfolio };

function Rule({ rule, tone, label, portfolio }: RuleProps) {
  const accounts = new Map(portfolio.accounts.map((account) => [account.id, account.name]));
  const bad = rule.state === "fail" || rule.state === "warn";
  return (
    <li className="min-w-0 rounded-lg border border-line p-3 text-sm">
      <div className="flex items-start justify-between gap-3">
        <h3 className="font-medium">{rule.title}</h3>
        <Badge tone={tone}>{label}</Badge>
      </div>
      <p className="text-xs text-muted">
        {rule.value === null
          ? (rule.reason ?? "not known")
          : `${measure(rule, rule.value)}; fails ${rule.bad} ${measure(rule, rule.threshold)}, warns ${rule.bad} ${measure(rule, rule.warn_threshold)}`}
      </p>
      {bad && rule.advice !== "" && <p className="mt-2">{rule.advice}</p>}
      {rule.positions.length > 0 && (
        <details open={rule.state === "fail"} className="mt-2">
          <summary className="cursor-pointer text-xs text-muted hover:text-ink">
            {rule.positions.length} behind it
          </summary>
          <ul aria-label={`Behind ${rule.title}`} className="mt-1 flex flex-col gap-0.5">
            {rule.positions.map((position) => (
              <li key={position.key} className="flex justify-between gap-3 tabular-nums">
                <span className="min-w-0 truncate">{accounts.get(position.key) ?? position.key}</span>
                <span className="whitespace-nowrap text-muted">
                  {position.value !== null && `${formatMoney(position.value, { whole: true })} · `}
                  <span className="font-medium text-ink">{measure(rule, position.figure)}</span>
                </span>
              </li>
            ))}
          </ul>
        </details>
      )}
      <details className="mt-1 text-xs text-muted">
        <summary className="cursor-pointer hover:text-ink">Formula</summary>
        <p className="font-mono">{rule.formula}</p>
      </details>
    </li>
  );
}

function measure({ unit }: FindingModel, value: number): string {
  if (unit === "fraction") return formatPercent(value, { digits: 1 });
  return unit === "count" ? formatNumber(value, 0) : formatNumber(value);
}
