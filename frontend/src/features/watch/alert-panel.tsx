import { useQuery } from "@tanstack/react-query";
import { CircleCheck, CircleHelp, CircleX } from "lucide-react";

import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { ErrorNote } from "@/components/error-note";
import { Spinner } from "@/components/spinner";
import { AlertStatusBadge } from "@/features/watch/alert-status";
import { alertQuery, useBacktestAlert, type JudgedAlert } from "@/features/watch/api/alerts";
import { BacktestNote } from "@/features/watch/backtest-note";
import { isPercent, ruleAt } from "@/features/watch/rule";
import { formatInstant, formatNumber, formatPercent } from "@/lib/format";

const truths = {
  true: { label: "holds", icon: CircleCheck, className: "text-gain" },
  false: { label: "does not hold", icon: CircleX, className: "text-muted" },
  undefined: { label: "undefined", icon: CircleHelp, className: "text-warn" },
} as const;

function truthOf(text: string): (typeof truths)[keyof typeof truths] {
  return text === "true" || text === "false" ? truths[text] : truths.undefined;
}

/** How an alert stands: whether its rule holds, each condition as measured now, and the last year. */
export function AlertPanel({ alertId, onClose }: { alertId: string; onClose: () => void }) {
  const alert = useQuery(alertQuery(alertId));
  const backtest = useBacktestAlert();
  return (
    <Dialog title={alert.data?.name ?? "Alert"} placement="panel" onClose={onClose}>
      {alert.isPending && <Spinner label="Loading the alert" />}
      {alert.isError && <ErrorNote error={alert.error} onRetry={() => void alert.refetch()} />}
      {alert.isSuccess && (
        <>
          <div className="flex flex-wrap items-center gap-2 text-sm">
            <AlertStatusBadge alert={alert.data} />
            {alert.data.fired_at !== null && (
              <span className="text-muted">last fired {formatInstant(alert.data.fired_at)}</span>
            )}
          </div>
          <p className="text-sm">{alert.data.summary}</p>
          <p className="text-sm">
            The rule now: <strong>{truthOf(alert.data.truth).label}</strong>
            {alert.data.truth === "undefined" && ". It does not fire while that is so."}
          </p>
          <Conditions alert={alert.data} />
          <Button className="self-start" busy={backtest.isPending} onClick={() => backtest.mutate(alertId)}>
            Try on the last year
          </Button>
          <BacktestNote result={backtest.data} pending={backtest.isPending} error={backtest.error} />
        </>
      )}
    </Dialog>
  );
}

function Conditions({ alert }: { alert: JudgedAlert }) {
  return (
    <ul aria-label="Conditions" className="flex flex-col gap-2">
      {alert.conditions.map(({ pointer, condition, truth, value }) => {
        const { label, icon: Icon, className } = truthOf(truth);
        const reason = alert.undefined[pointer];
        return (
          <li key={pointer} className="flex gap-2.5 rounded-lg border border-line p-2.5 text-sm">
            <Icon aria-hidden className={`mt-0.5 size-4 shrink-0 ${className}`} />
            <div className="min-w-0">
              <p>{condition}</p>
              <p className="text-xs text-muted">
                <span className={className}>{label}</span>
                {value !== null && `, now ${measureOf(ruleAt(alert.rule, pointer)?.kind ?? "", value)}`}
                {reason !== undefined && `: ${reason}`}
              </p>
            </div>
          </li>
        );
      })}
    </ul>
  );
}

/** A price comes as text; everything else is a number whose unit its condition tells. */
function measureOf(kind: string, value: number | string): string {
  if (typeof value === "string") return value;
  if (isPercent(kind)) return formatPercent(value);
  if (kind === "stale") return `${formatNumber(value, 1)} h`;
  if (kind === "earnings") return `${formatNumber(value, 0)} days`;
  return String(value);
}
