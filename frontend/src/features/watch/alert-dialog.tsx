import { useState } from "react";

import { Button } from "@/components/button";
import { CheckField } from "@/components/check-field";
import { Dialog } from "@/components/dialog";
import { ErrorNote } from "@/components/error-note";
import { TextField } from "@/components/field";
import {
  useBacktestRule,
  useChangeAlert,
  useCreateAlert,
  type Alert,
  type NewAlert,
} from "@/features/watch/api/alerts";
import { BacktestNote } from "@/features/watch/backtest-note";
import { aDraft, countLeaves, mostLeaves, toDraft, toRule, type DraftRule } from "@/features/watch/rule";
import { RuleEditor } from "@/features/watch/rule-editor";
import { shiftPoint } from "@/features/watch/shift-point";
import { useIdempotencyKey } from "@/hooks/use-idempotency-key";
import { ApiError } from "@/lib/api/api-error";

type Draft = { name: string; rule: DraftRule; repeat: boolean; marginPercent: string; expires: string };

type Props = {
  /** The one to change; a new one without. */
  alert?: Alert | undefined;
  /** What a new one starts from. */
  symbol?: string | undefined;
  onClose: () => void;
};

/** Writes an alert, tries it on the last year, and keeps it. */
export function AlertDialog({ alert, symbol, onClose }: Props) {
  const [draft, setDraft] = useState<Draft>(() => draftOf(alert, symbol));
  const create = useCreateAlert();
  const change = useChangeAlert();
  const backtest = useBacktestRule();
  const idempotency = useIdempotencyKey();
  const failure = create.error ?? change.error ?? backtest.error;
  const refusal = failure instanceof ApiError ? failure : undefined;
  const errors = refusal?.fields ?? [];
  const placed = errors.some(({ pointer }) => /^#?\/(rule|name|margin|expires_at)/.test(pointer));

  const edit = (part: Partial<Draft>) => {
    for (const call of [create, change, backtest]) call.reset();
    setDraft({ ...draft, ...part });
  };

  const save = () => {
    const wanted = bodyOf(draft);
    const idempotencyKey = idempotency.keyFor({ wanted, on: alert?.version });
    const onSuccess = () => {
      idempotency.settle();
      onClose();
    };
    if (alert === undefined) create.mutate({ alert: wanted, idempotencyKey }, { onSuccess });
    else change.mutate({ alert, change: changesOf(alert, wanted), idempotencyKey }, { onSuccess });
  };

  return (
    <Dialog
      title={alert === undefined ? "New alert" : "Change alert"}
      description="It fires once when its rule holds. What cannot be measured is undefined, and never fires."
      onClose={onClose}
    >
      <form
        aria-label="Alert"
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <TextField
          label="Alert name"
          required
          maxLength={80}
          value={draft.name}
          error={refusal?.field("name")}
          onChange={(event) => edit({ name: event.target.value })}
        />
        <RuleEditor
          rule={draft.rule}
          errors={errors}
          roomLeft={countLeaves(draft.rule) < mostLeaves}
          onChange={(rule) => edit({ rule })}
        />
        <div className="grid grid-cols-2 items-start gap-3">
          <TextField
            label="Noise margin, in percent"
            type="number"
            min={0}
            step="any"
            required
            value={draft.marginPercent}
            hint="How far it must fall back before it is armed again"
            error={refusal?.field("margin")}
            onChange={(event) => edit({ marginPercent: event.target.value })}
          />
          <TextField
            label="Ends at"
            type="datetime-local"
            value={draft.expires}
            hint="Never, if left out"
            error={refusal?.field("expires_at")}
            onChange={(event) => edit({ expires: event.target.value })}
          />
        </div>
        <CheckField
          label="Repeat: arm it again once the rule has been false by the margin"
          checked={draft.repeat}
          onChange={(event) => edit({ repeat: event.target.checked })}
        />
        <BacktestNote result={backtest.data} pending={backtest.isPending} error={placed ? null : backtest.error} />
        {(create.error ?? change.error) !== null && !placed && <ErrorNote error={create.error ?? change.error} />}
        <div className="flex flex-wrap justify-end gap-2">
          <Button
            className="mr-auto"
            busy={backtest.isPending}
            onClick={(event) => {
              if (event.currentTarget.form?.reportValidity() !== false) backtest.mutate(bodyOf(draft));
            }}
          >
            Try on the last year
          </Button>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={create.isPending || change.isPending}>
            {alert === undefined ? "Create alert" : "Save alert"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function draftOf(alert: Alert | undefined, symbol: string | undefined): Draft {
  if (alert === undefined) {
    return { name: "", rule: aDraft({ symbol: symbol ?? "" }), repeat: false, marginPercent: "1", expires: "" };
  }
  return {
    name: alert.name,
    rule: toDraft(alert.rule),
    repeat: alert.repeat,
    marginPercent: shiftPoint(String(alert.margin), 2),
    expires: alert.expires_at === null ? "" : localInput(new Date(alert.expires_at)),
  };
}

function bodyOf(draft: Draft): NewAlert {
  return {
    name: draft.name.trim(),
    rule: toRule(draft.rule),
    repeat: draft.repeat,
    margin: Number(shiftPoint(draft.marginPercent, -2)),
    expires_at: draft.expires === "" ? null : new Date(draft.expires).toISOString(),
  };
}

/** What differs from the alert as it was: a rule that is sent arms the alert anew, the same one too. */
function changesOf(alert: Alert, wanted: NewAlert): Partial<NewAlert> {
  const before = bodyOf(draftOf(alert, undefined));
  const names = ["name", "rule", "repeat", "margin", "expires_at"] as const;
  return Object.fromEntries(
    names
      .filter((name) => JSON.stringify(wanted[name]) !== JSON.stringify(before[name]))
      .map((name) => [name, wanted[name]]),
  );
}

/** An instant as a `datetime-local` input has it: the reader's wall clock, to the minute. */
function localInput(instant: Date): string {
  return new Date(instant.getTime() - instant.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
