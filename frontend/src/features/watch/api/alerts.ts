import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { api } from "@/lib/api/client";
import type {
  AlertChangeModel,
  AlertModel,
  AlertPage,
  BacktestModel,
  JudgedAlertModel,
  NewAlertModel,
} from "@/lib/api/gen/stock/types.gen";
import { live } from "@/lib/live";

const path = "/api/stock/v1/alerts";

const pollMs = { live: 60_000, alone: 15_000 } as const;

export type Alert = AlertModel;
export type JudgedAlert = JudgedAlertModel;
export type NewAlert = NewAlertModel;
export type Backtest = BacktestModel;

export function alertsQuery() {
  return infiniteQueryOptions({
    queryKey: ["alerts", "list"],
    queryFn: ({ pageParam, signal }) =>
      api<AlertPage>(path, { query: { page_size: 100, page_token: pageParam }, signal }),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_page_token || undefined,
    select: (data) => data.pages.flatMap((page) => page.items),
    refetchInterval: () => (live.getStatus() === "live" ? pollMs.live : pollMs.alone),
  });
}

/** One alert with its conditions measured now. */
export function alertQuery(id: string) {
  return queryOptions({
    queryKey: ["alerts", "one", id],
    queryFn: ({ signal }) => api<JudgedAlert>(`${path}/${id}`, { signal }),
    refetchInterval: pollMs.alone,
  });
}

function useAlertsChanged(): () => Promise<void> {
  const queryClient = useQueryClient();
  return () => queryClient.invalidateQueries({ queryKey: ["alerts"] });
}

export function useCreateAlert() {
  return useMutation({
    mutationFn: ({ alert, idempotencyKey }: { alert: NewAlert; idempotencyKey: string }) =>
      api<Alert>(path, { method: "POST", body: alert, idempotencyKey }),
    onSuccess: useAlertsChanged(),
  });
}

type Change = { alert: Pick<Alert, "id" | "version">; change: AlertChangeModel; idempotencyKey: string };

export function useChangeAlert() {
  return useMutation({
    mutationFn: ({ alert, change, idempotencyKey }: Change) =>
      api<Alert>(`${path}/${alert.id}`, {
        method: "PATCH",
        body: { ...change, version: alert.version },
        idempotencyKey,
      }),
    onSettled: useAlertsChanged(),
  });
}

export function useSnoozeAlert() {
  return useMutation({
    mutationFn: ({ id, until, idempotencyKey }: { id: string; until: string | null; idempotencyKey: string }) =>
      api<Alert>(`${path}/${id}:snooze`, { method: "POST", body: { until }, idempotencyKey }),
    onSuccess: useAlertsChanged(),
  });
}

export function useDeleteAlert() {
  return useMutation({
    mutationFn: (id: string) => api<undefined>(`${path}/${id}`, { method: "DELETE" }),
    onSuccess: useAlertsChanged(),
  });
}

/** On which days of the last year a stored alert would have fired. */
export function useBacktestAlert() {
  return useMutation({ mutationFn: (id: string) => api<Backtest>(`${path}/${id}:backtest`, { method: "POST" }) });
}

/** The same for one that is not stored. */
export function useBacktestRule() {
  return useMutation({
    mutationFn: (alert: NewAlert) => api<Backtest>(`${path}:backtest`, { method: "POST", body: alert }),
  });
}
