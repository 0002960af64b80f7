import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { Choice } from "@/components/choice";
import { EmptyState } from "@/components/empty-state";
import { ErrorNote } from "@/components/error-note";
import { TextField } from "@/components/field";
import { Spinner } from "@/components/spinner";
import { allocationQuery } from "@/features/portfolio/api/allocation";
import { targetsQuery, useDeleteTargets, useSaveTargets } from "@/features/portfolio/api/plans";
import type { Portfolio } from "@/features/portfolio/api/types";
import { fractionOf, percentOf } from "@/features/portfolio/plan/percent";
import { Refusal } from "@/features/portfolio/plan/refusal";
import type { AllocationBy, SliceModel, TargetsModel } from "@/lib/api/gen/stock/types.gen";
import { formatInstant, formatPercent } from "@/lib/format";
import { textOf } from "@/lib/form";

const ways = [
  { value: "holding", label: "Holding" },
  { value: "class", label: "Class" },
  { value: "sector", label: "Sector" },
  { value: "country", label: "Country" },
  { value: "currency", label: "Currency" },
] as const satisfies readonly { value: AllocationBy; label: string }[];

type Way = (typeof ways)[number]["value"];

/** The weights that are aimed at, beside those of today. */
export function TargetsCard({ portfolio }: { portfolio: Portfolio }) {
  const targets = useQuery(targetsQuery(portfolio.id));
  const [chosen, setChosen] = useState<Way>();
  const kept = ways.find(({ value }) => value === targets.data?.by)?.value;
  const by = chosen ?? kept ?? "holding";
  const allocation = useQuery(allocationQuery(portfolio.id, by));
  return (
    <Card
      title="Targets"
      note="Rebalancing works out the trades that lead to them"
      actions={<Choice label="Targets by" value={by} options={ways} onChange={setChosen} />}
    >
      {(targets.isPending || allocation.isPending) && <Spinner label="Loading the targets" />}
      {targets.isError && <ErrorNote error={targets.error} onRetry={() => void targets.refetch()} />}
      {allocation.isError && <ErrorNote error={allocation.error} onRetry={() => void allocation.refetch()} />}
      {allocation.data?.items.length === 0 && (
        <EmptyState title="Nothing is held yet">{allocation.data.undefined["items"]}</EmptyState>
      )}
      {targets.data !== undefined && allocation.data !== undefined && allocation.data.items.length > 0 && (
        <TargetsForm
          // What is typed belongs to one cut and one version.
          key={`${by} ${targets.data?.version ?? 0}`}
          portfolio={portfolio}
          by={by}
          slices={allocation.data.items}
          targets={targets.data?.by === by ? targets.data : null}
          version={targets.data?.version ?? 0}
        />
      )}
    </Card>
  );
}

type FormProps = {
  portfolio: Portfolio;
  by: Way;
  slices: readonly SliceModel[];
  targets: TargetsModel | null;
  version: number;
};

function TargetsForm({ portfolio, by, slices, targets, version }: FormProps) {
  const save = useSaveTargets(portfolio.id);
  const remove = useDeleteTargets(portfolio.id);
  const labels = new Map(slices.map((slice) => [slice.key, slice.label]));
  const today = new Map(slices.map((slice) => [slice.key, slice.weight]));
  const [typed, setTyped] = useState<Record<string, string>>(() => ({
    ...Object.fromEntries(slices.map((slice) => [slice.key, ""])),
    ...Object.fromEntries(Object.entries(targets?.weights ?? {}).map(([key, weight]) => [key, percentOf(weight)])),
  }));
  const sum = Object.values(typed).reduce((total, percent) => total + (Number(percent) || 0), 0);

  const submit = (data: FormData) => {
    const named = Object.entries(typed).filter(([, percent]) => percent.trim() !== "");
    const added = textOf(data, "added");
    const weights = Object.fromEntries(named.map(([key, percent]) => [key, fractionOf(percent)]));
    if (added !== "")
      weights[by === "holding" ? added.toUpperCase() : added] = fractionOf(textOf(data, "added_weight"));
    save.mutate({ by, weights, band: fractionOf(textOf(data, "band") || "0"), version });
  };

  return (
    <form
      aria-label="Targets"
      onSubmit={(event) => {
        event.preventDefault();
        submit(new FormData(event.currentTarget));
      }}
    >
      <ul className="mb-3 flex flex-col gap-2">
        {Object.entries(typed).map(([key, percent]) => (
          <li key={key} className="flex items-center gap-3 text-sm">
            <span className="min-w-0 flex-1 truncate">{labels.get(key) ?? key}</span>
            <span className="text-muted tabular-nums">{formatPercent(today.get(key) ?? 0, { digits: 1 })} now</span>
            <input
              aria-label={`Target of ${labels.get(key) ?? key} in percent`}
              inputMode="decimal"
              value={percent}
              onChange={(event) => setTyped({ ...typed, [key]: event.target.value })}
              className="w-20 rounded-lg border border-line bg-surface px-2 py-1 text-right tabular-nums"
            />
            <span aria-hidden>%</span>
          </li>
        ))}
      </ul>
      <div className="mb-3 grid grid-cols-3 gap-3">
        <TextField label={by === "holding" ? "Another symbol" : "Another slice"} name="added" autoComplete="off" />
        <TextField label="Its target in %" name="added_weight" inputMode="decimal" autoComplete="off" />
        <TextField
          label="Band in %"
          name="band"
          inputMode="decimal"
          autoComplete="off"
          hint="A drift within it is left alone"
          defaultValue={percentOf(targets?.band ?? 0.02)}
        />
      </div>
      <Refusal error={save.error ?? remove.error} />
      <div className="flex flex-wrap items-center gap-2">
        <span className="flex-1 text-sm text-muted tabular-nums" aria-live="polite">
          {Number(sum.toFixed(4))} % of 100 %{targets !== null && `. Set on ${formatInstant(targets.updated_at)}.`}
        </span>
        <Button
          size="small"
          onClick={() => setTyped(Object.fromEntries(slices.map((slice) => [slice.key, percentOf(slice.weight)])))}
        >
          As it is today
        </Button>
        {targets !== null && (
          <Button size="small" variant="danger" busy={remove.isPending} onClick={() => remove.mutate()}>
            Remove
          </Button>
        )}
        <Button type="submit" variant="primary" busy={save.isPending}>
          Save targets
        </Button>
      </div>
    </form>
  );
}
