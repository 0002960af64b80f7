import { useState, type ReactNode } from "react";

import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { CheckField } from "@/components/check-field";
import { ErrorNote } from "@/components/error-note";
import { TextField } from "@/components/field";
import { usePutSettings, type NewSettings, type Settings } from "@/features/settings/api/settings";
import { QuietHours, hereZone } from "@/features/settings/quiet-hours";
import { SecretNote } from "@/features/settings/secret-note";
import { useIdempotencyKey } from "@/hooks/use-idempotency-key";
import { ApiError } from "@/lib/api/api-error";

const kinds = [
  { value: "alert", label: "Alerts that fire" },
  { value: "analysis", label: "Background reports that are ready or failed" },
] as const;

type Draft = {
  email: boolean;
  address: string;
  webhook: boolean;
  url: string;
  newSecret: boolean;
  kinds: readonly string[];
  quiet: boolean;
  hours: { start: string; end: string; time_zone: string };
};

type Props = { settings: Settings; onReload: () => void };

export function SettingsForm({ settings, onReload }: Props) {
  const [draft, setDraft] = useState(() => draftOf(settings));
  const [secret, setSecret] = useState<string>();
  const put = usePutSettings();
  const idempotency = useIdempotencyKey();
  const error = put.error instanceof ApiError ? put.error : undefined;
  const change = (part: Partial<Draft>) => {
    put.reset();
    setDraft({ ...draft, ...part });
  };

  const save = () => {
    const wanted = bodyOf(draft);
    put.mutate(
      {
        settings: wanted,
        version: settings.version,
        idempotencyKey: idempotency.keyFor({ wanted, on: settings.version }),
      },
      {
        onSuccess: (saved) => {
          idempotency.settle();
          if (saved.webhook?.secret != null) setSecret(saved.webhook.secret);
          setDraft(draftOf(saved));
        },
      },
    );
  };

  return (
    <form
      aria-label="Notification settings"
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <Card
        title="E-mail"
        actions={
          settings.email_address === null ? undefined : (
            <Badge tone={settings.email_confirmed ? "accent" : "warn"}>
              {settings.email_confirmed ? "Confirmed" : "Not confirmed"}
            </Badge>
          )
        }
      >
        <Rows>
          <CheckField
            label="Send e-mail"
            checked={draft.email}
            onChange={(event) => change({ email: event.target.checked })}
          />
          <TextField
            label="E-mail address"
            type="email"
            required={draft.email}
            autoComplete="email"
            value={draft.address}
            hint="A new address is sent a code, which is asked for here."
            error={error?.field("email_address")}
            onChange={(event) => change({ address: event.target.value })}
          />
        </Rows>
      </Card>
      <Card title="Webhook" note="Signed POSTs of JSON, by the scheme of Standard Webhooks">
        <Rows>
          {secret !== undefined && <SecretNote secret={secret} onKept={() => setSecret(undefined)} />}
          <CheckField
            label="Call a webhook"
            checked={draft.webhook}
            onChange={(event) => change({ webhook: event.target.checked })}
          />
          <TextField
            label="Webhook URL"
            type="url"
            required={draft.webhook}
            placeholder="https://example.com/hooks/stocktool"
            value={draft.url}
            hint="https, to a public host. Clear it to forget the webhook and its secret."
            error={error?.field("url") ?? error?.field("webhook")}
            onChange={(event) => change({ url: event.target.value })}
          />
          {settings.webhook !== null && draft.url !== "" && (
            <CheckField
              label="Make a new secret; the present one stops working"
              checked={draft.newSecret}
              onChange={(event) => change({ newSecret: event.target.checked })}
            />
          )}
        </Rows>
      </Card>
      <Card title="What and when" note="For e-mail and webhook; the inbox takes all, always">
        <Rows>
          <fieldset className="flex flex-col gap-2">
            <legend className="mb-1 text-xs font-medium text-muted">Send</legend>
            {kinds.map(({ value, label }) => (
              <CheckField
                key={value}
                label={label}
                checked={draft.kinds.includes(value)}
                onChange={(event) =>
                  change({
                    kinds: event.target.checked
                      ? [...draft.kinds, value]
                      : draft.kinds.filter((kind) => kind !== value),
                  })
                }
              />
            ))}
          </fieldset>
          <CheckField
            label="Quiet hours: what comes then waits until they end"
            checked={draft.quiet}
            onChange={(event) => change({ quiet: event.target.checked })}
          />
          {draft.quiet && <QuietHours value={draft.hours} error={error} onChange={(hours) => change({ hours })} />}
        </Rows>
      </Card>
      {put.isError && (
        <ErrorNote
          error={put.error}
          {...(error?.reason === "STALE_VERSION"
            ? {
                onRetry: () => {
                  put.reset();
                  onReload();
                },
              }
            : {})}
        />
      )}
      <div className="flex items-center justify-end gap-3">
        {put.isSuccess && (
          <p role="status" className="text-sm text-muted">
            Saved.
          </p>
        )}
        <Button type="submit" variant="primary" busy={put.isPending}>
          Save settings
        </Button>
      </div>
    </form>
  );
}

function Rows({ children }: { children: ReactNode }) {
  return <div className="flex flex-col gap-3">{children}</div>;
}

function draftOf(settings: Settings): Draft {
  return {
    email: settings.email,
    address: settings.email_address ?? "",
    webhook: settings.webhook?.enabled ?? false,
    url: settings.webhook?.url ?? "",
    newSecret: false,
    kinds: settings.kinds,
    quiet: settings.quiet_hours !== null,
    hours: settings.quiet_hours ?? { start: "22:00", end: "07:00", time_zone: hereZone() },
  };
}

function bodyOf(draft: Draft): NewSettings {
  const address = draft.address.trim();
  const url = draft.url.trim();
  return {
    email: draft.email,
    ...(address === "" ? {} : { email_address: address }),
    webhook: url === "" ? null : { url, enabled: draft.webhook, ...(draft.newSecret ? { new_secret: true } : {}) },
    quiet_hours: draft.quiet ? draft.hours : null,
    kinds: [...draft.kinds],
  };
}
