import { useQuery } from "@tanstack/react-query";
import { useId } from "react";

import { modelsQuery } from "@/features/chat/api/models";
import type { ModelBody } from "@/lib/api/gen/chat/types.gen";

type Props = {
  /** What was chosen here; undefined follows the conversation. */
  chosen: string | undefined;
  /** The model of the last answer shown. */
  current: string | undefined;
  onChoose: (model: string) => void;
};

/** Which model answers next. Where there is one only, there is nothing to choose. */
export function ModelPicker({ chosen, current, onChoose }: Props) {
  const models = useQuery(modelsQuery());
  const id = useId();
  const items = models.data?.items ?? [];
  if (items.length < 2) return null;
  const offered = (name: string | undefined) => items.find((item) => item.name === name)?.name;
  const value = offered(chosen) ?? offered(current) ?? items.find((item) => item.default)?.name;
  return (
    <div className="flex items-center gap-2 text-xs text-muted">
      <label htmlFor={id}>Model</label>
      <select
        id={id}
        value={value}
        onChange={(event) => onChoose(event.target.value)}
        className="rounded-lg border border-line bg-surface px-2 py-1"
      >
        {items.map((item) => (
          <option key={item.name} value={item.name}>
            {item.name} · {priceOf(item)}
          </option>
        ))}
      </select>
    </div>
  );
}

function priceOf({ input_per_million: read, output_per_million: written }: ModelBody): string {
  if (read === null || written === null) return "no price listed";
  if (/^[0.]+$/.test(read) && /^[0.]+$/.test(written)) return "free";
  return `${read} / ${written} USD per million tokens in / out`;
}
