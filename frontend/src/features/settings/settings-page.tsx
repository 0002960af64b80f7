import { useQuery } from "@tanstack/react-query";

import { ErrorNote } from "@/components/error-note";
import { Spinner } from "@/components/spinner";
import { settingsQuery } from "@/features/settings/api/settings";
import { ConfirmAddress } from "@/features/settings/confirm-address";
import { SettingsForm } from "@/features/settings/settings-form";
import { TestCard } from "@/features/settings/test-card";

export function SettingsPage() {
  const settings = useQuery(settingsQuery());
  return (
    <div className="mx-auto flex w-full max-w-3xl flex-col gap-4">
      <h1 className="text-xl font-semibold">Notification settings</h1>
      <p className="text-sm text-muted">
        Everything arrives in the inbox behind the bell. Here you choose what else is told, and when.
      </p>
      {settings.isPending && <Spinner label="Loading your settings" />}
      {settings.isError && <ErrorNote error={settings.error} onRetry={() => void settings.refetch()} />}
      {settings.isSuccess && (
        <>
          {settings.data.email_address !== null && !settings.data.email_confirmed && (
            <ConfirmAddress key={settings.data.email_address} address={settings.data.email_address} />
          )}
          <SettingsForm settings={settings.data} onReload={() => void settings.refetch()} />
          <TestCard settings={settings.data} />
        </>
      )}
    </div>
  );
}
