import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";

import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { ConfirmDialog } from "@/components/confirm-dialog";
import { EmptyState } from "@/components/empty-state";
import { ErrorNote } from "@/components/error-note";
import { Spinner } from "@/components/spinner";
import { AlertDialog } from "@/features/watch/alert-dialog";
import { AlertMenu } from "@/features/watch/alert-menu";
import { AlertPanel } from "@/features/watch/alert-panel";
import { AlertStatusBadge, isSilent } from "@/features/watch/alert-status";
import { alertsQuery, useChangeAlert, useDeleteAlert, useSnoozeAlert, type Alert } from "@/features/watch/api/alerts";
import { useLiveMessage } from "@/hooks/use-live";
import { newIdempotencyKey } from "@/lib/api/client";
import { formatInstant } from "@/lib/format";

type Props = {
  openedId: string | undefined;
  onOpen: (alertId: string | undefined) => void;
  /** A new alert that was asked for elsewhere on the page, about this symbol. */
  writing: { symbol?: string } | undefined;
  onWrite: (writing: { symbol?: string } | undefined) => void;
};

export function AlertsCard({ openedId, onOpen, writing, onWrite }: Props) {
  const queryClient = useQueryClient();
  const alerts = useInfiniteQuery(alertsQuery());
  const change = useChangeAlert();
  const snooze = useSnoozeAlert();
  const remove = useDeleteAlert();
  const [edited, setEdited] = useState<Alert>();
  const [doomed, setDoomed] = useState<Alert>();
  // An alert that fires says so by its notification; how it stands then is asked for.
  useLiveMessage("notification", ({ kind }) => {
    if (kind === "alert") void queryClient.invalidateQueries({ queryKey: ["alerts"] });
  });
  const failure = change.error ?? snooze.error;

  return (
    <Card
      title="Alerts"
      note="Each fires once when its rule holds"
      actions={
        <Button onClick={() => onWrite({})}>
          <Plus aria-hidden className="size-4" />
          New alert
        </Button>
      }
    >
      {failure !== null && <ErrorNote error={failure} />}
      {alerts.isPending && <Spinner label="Loading alerts" />}
      {alerts.isError && <ErrorNote error={alerts.error} onRetry={() => void alerts.refetch()} />}
      {alerts.isSuccess && alerts.data.length === 0 && (
        <EmptyState title="No alerts yet">
          Write a rule, see when it would have fired in the last year, and be told when it holds.
        </EmptyState>
      )}
      {alerts.isSuccess && alerts.data.length > 0 && (
        <ul aria-label="Alerts" className="divide-y divide-line">
          {alerts.data.map((alert) => (
            <li key={alert.id} className="flex items-start gap-3 py-2.5">
              <div className="min-w-0 flex-1">
                <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
                  <button
                    type="button"
                    onClick={() => onOpen(alert.id)}
                    className="text-left font-medium hover:underline"
                  >
                    {alert.name}
                  </button>
                  <AlertStatusBadge alert={alert} />
                </div>
                <p className="text-sm break-words">{alert.summary}</p>
                <p className="text-xs text-muted">{factsOf(alert).join(" · ")}</p>
              </div>
              <AlertMenu
                alert={alert}
                onEdit={() => setEdited(alert)}
                onDelete={() => setDoomed(alert)}
                onEnable={(enabled) =>
                  change.mutate({ alert, change: { enabled }, idempotencyKey: newIdempotencyKey() })
                }
                onSnooze={(until) => snooze.mutate({ id: alert.id, until, idempotencyKey: newIdempotencyKey() })}
              />
            </li>
          ))}
        </ul>
      )}
      {alerts.hasNextPage && (
        <div className="mt-3 text-center">
          <Button size="small" busy={alerts.isFetchingNextPage} onClick={() => void alerts.fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
      {(writing !== undefined || edited !== undefined) && (
        <AlertDialog
          alert={edited}
          symbol={writing?.symbol}
          onClose={() => {
            setEdited(undefined);
            onWrite(undefined);
          }}
        />
      )}
      {openedId !== undefined && <AlertPanel alertId={openedId} onClose={() => onOpen(undefined)} />}
      {doomed !== undefined && (
        <ConfirmDialog
          title="Delete this alert?"
          description={`"${doomed.name}" is gone for good. To keep it silent, snooze it or turn it off.`}
          confirmLabel="Delete alert"
          busy={remove.isPending}
          error={remove.error}
          onClose={() => setDoomed(undefined)}
          onConfirm={() => remove.mutate(doomed.id, { onSuccess: () => setDoomed(undefined) })}
        />
      )}
    </Card>
  );
}

function factsOf(alert: Alert): string[] {
  return [
    alert.fired_at === null
      ? "never fired"
      : `fired ${alert.fired_count === 1 ? "once" : `${alert.fired_count} times`}, last ${formatInstant(alert.fired_at)}`,
    alert.repeat ? "repeats" : "once",
    ...(alert.snoozed_until !== null && alert.status !== "snoozed" && isSilent(alert)
      ? [`silent until ${formatInstant(alert.snoozed_until)}`]
      : []),
    ...(alert.expires_at === null ? [] : [`ends ${formatInstant(alert.expires_at)}`]),
  ];
}
