import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { ConfirmDialog } from "@/components/confirm-dialog";
import { ErrorNote } from "@/components/error-note";
import { SelectField } from "@/components/field";
import { retentionQuery, useChooseRetention, type Keep } from "@/features/chat/api/retention";

const choices = [
  { keep: "day", label: "24 hours (private)", short: "24 hours" },
  { keep: "month", label: "30 days", short: "30 days" },
  { keep: "forever", label: "for ever", short: "" },
] as const satisfies readonly { keep: Keep; label: string; short: string }[];

/** How long conversations are kept. A shorter time deletes what is older, so it is asked for twice. */
export function RetentionChoice() {
  const retention = useQuery(retentionQuery());
  const choose = useChooseRetention();
  const [shorter, setShorter] = useState<(typeof choices)[number]>();
  if (retention.isPending) return null;
  if (retention.isError) return <ErrorNote error={retention.error} onRetry={() => void retention.refetch()} />;
  const current = retention.data.keep;
  return (
    <div className="mt-auto border-t border-line pt-2">
      <SelectField
        label="Conversations are kept"
        hint="After their last question. Then they are deleted with everything said in them."
        value={current}
        disabled={choose.isPending}
        onChange={(event) => {
          const chosen = choices.find(({ keep }) => keep === event.target.value);
          if (chosen === undefined) return;
          if (choices.indexOf(chosen) < choices.findIndex(({ keep }) => keep === current)) setShorter(chosen);
          else choose.mutate(chosen.keep);
        }}
      >
        {choices.map(({ keep, label }) => (
          <option key={keep} value={keep}>
            {label}
          </option>
        ))}
      </SelectField>
      {choose.isError && shorter === undefined && <ErrorNote error={choose.error} />}
      {shorter !== undefined && (
        <ConfirmDialog
          title={`Keep conversations for ${shorter.short}?`}
          description={`Conversations you did not ask in for ${shorter.short} will be deleted now, pinned ones too.`}
          confirmLabel={`Keep for ${shorter.short}`}
          busy={choose.isPending}
          error={choose.error}
          onClose={() => setShorter(undefined)}
          onConfirm={() => choose.mutate(shorter.keep, { onSuccess: () => setShorter(undefined) })}
        />
      )}
    </div>
  );
}
