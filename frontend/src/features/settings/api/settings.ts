import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { api } from "@/lib/api/client";
import type { SentTest, SettingsBody, SettingsModel } from "@/lib/api/gen/stock/types.gen";

const path = "/api/stock/v1/notification-settings";

export type Settings = SettingsModel;
export type NewSettings = SettingsBody;

export function settingsQuery() {
  return queryOptions({
    queryKey: ["notification-settings"],
    queryFn: ({ signal }) => api<Settings>(path, { signal }),
    // What is typed into the form is not to be torn away by a look at another window.
    refetchOnWindowFocus: false,
  });
}

type Put = { settings: NewSettings; version: number; idempotencyKey: string };

/** Sets them all on the version that was read; the answer may hold a secret, which is never kept in the cache. */
export function usePutSettings() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: ({ settings, version, idempotencyKey }: Put) =>
      api<Settings>(path, {
        method: "PUT",
        body: settings,
        idempotencyKey,
        headers: { "if-match": `"${version}"` },
      }),
    gcTime: 0,
    onSuccess: (settings) => queryClient.setQueryData(settingsQuery().queryKey, withoutSecret(settings)),
  });
}

export function useConfirmAddress() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: ({ code, idempotencyKey }: { code: string; idempotencyKey: string }) =>
      api<Settings>(`${path}:confirm`, { method: "POST", body: { code }, idempotencyKey }),
    onSuccess: (settings) => queryClient.setQueryData(settingsQuery().queryKey, settings),
    // A wrong guess is counted in the settings, which gives them a new version.
    onError: () => queryClient.invalidateQueries({ queryKey: settingsQuery().queryKey }),
  });
}

export function useSendTest() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (idempotencyKey: string) => api<SentTest>(`${path}:test`, { method: "POST", idempotencyKey }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["notifications"] }),
  });
}

function withoutSecret(settings: Settings): Settings {
  return settings.webhook === null ? settings : { ...settings, webhook: { ...settings.webhook, secret: null } };
}
