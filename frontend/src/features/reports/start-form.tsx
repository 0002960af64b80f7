import { useState } from "react";

import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { ErrorNote } from "@/components/error-note";
import { useStartAnalysis, type Kind } from "@/features/reports/api/analyses";
import { isKind, kinds } from "@/features/reports/kinds";
import { ParameterFields } from "@/features/reports/parameter-fields";
import { parametersOf } from "@/features/reports/parameters";
import { useIdempotencyKey } from "@/hooks/use-idempotency-key";
import { ApiError } from "@/lib/api/api-error";

export function StartForm({ portfolioId, currency }: { portfolioId: string; currency: string }) {
  const [kind, setKind] = useState<Kind>("portfolio");
  const start = useStartAnalysis(portfolioId);
  const idempotency = useIdempotencyKey();
  const refusal = start.error instanceof ApiError ? start.error : undefined;
  return (
    <Card title="New report" note="It is made in the background; you may leave the page.">
      <form
        aria-label="New report"
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          const analysis = { kind, parameters: parametersOf(kind, new FormData(event.currentTarget)) };
          start.mutate(
            { analysis, idempotencyKey: idempotency.keyFor(analysis) },
            { onSuccess: () => idempotency.settle() },
          );
        }}
      >
        <fieldset className="flex flex-col gap-1">
          <legend className="mb-1 text-xs font-medium text-muted">Kind</legend>
          {Object.entries(kinds).map(([value, { label, about }]) => (
            <label
              key={value}
              className="flex cursor-pointer items-start gap-2.5 rounded-lg border border-transparent px-2 py-1.5 text-sm hover:bg-raised has-checked:border-line has-checked:bg-canvas"
            >
              <input
                type="radio"
                name="kind"
                value={value}
                aria-label={label}
                checked={kind === value}
                onChange={() => {
                  start.reset();
                  if (isKind(value)) setKind(value);
                }}
                className="mt-1 accent-accent"
              />
              <span>
                <span className="font-medium">{label}</span>
                <span className="block text-xs text-muted">{about}</span>
              </span>
            </label>
          ))}
        </fieldset>
        <ParameterFields key={kind} kind={kind} currency={currency} error={refusal} />
        {start.isError && <ErrorNote error={start.error} />}
        <div className="flex items-center justify-end gap-3">
          {start.isSuccess && (
            <p role="status" className="text-sm text-muted">
              Queued.
            </p>
          )}
          <Button type="submit" variant="primary" busy={start.isPending}>
            Start
          </Button>
        </div>
      </form>
    </Card>
  );
}
