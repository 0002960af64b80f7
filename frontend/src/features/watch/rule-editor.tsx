import { Plus, Trash2 } from "lucide-react";

import { Button } from "@/components/button";
import { SelectField } from "@/components/field";
import { ConditionFields } from "@/features/watch/condition-fields";
import {
  aDraft,
  isLeaf,
  joinKinds,
  leafKinds,
  memberPointer,
  mostDepth,
  withKind,
  type DraftRule,
  type Kind,
} from "@/features/watch/rule";
import type { FieldError } from "@/lib/api/api-error";

const words = {
  price: "Price",
  move: "Move in percent",
  weight: "Weight in a portfolio",
  drawdown: "Drawdown of a portfolio",
  stale: "Price is stale",
  earnings: "Earnings are near",
  all: "All of these hold",
  any: "Any of these holds",
  not: "This does not hold",
} as const satisfies Record<Kind, string>;

type Props = {
  rule: DraftRule;
  /** What the server would call this place, "/rule/of/0". */
  pointer?: string;
  depth?: number;
  /** How this part is called aloud, "Condition 1.2". */
  name?: string;
  errors: readonly FieldError[];
  /** Whether one more condition fits into the whole rule. */
  roomLeft: boolean;
  onChange: (rule: DraftRule) => void;
  onRemove?: (() => void) | undefined;
};

/** Writes a rule: a condition, or conditions joined by all, any and not, to any depth the server takes. */
export function RuleEditor({
  rule,
  pointer = "/rule",
  depth = 1,
  name = "Condition",
  errors,
  roomLeft,
  onChange,
  onRemove,
}: Props) {
  const here = errors.filter((error) => [pointer, `${pointer}/of`, `${pointer}/kind`].includes(placeOf(error)));
  const joins = !isLeaf(rule.kind);
  const canAdd = joins && roomLeft && (rule.kind !== "not" || rule.of.length === 0);
  return (
    <fieldset className="flex min-w-0 flex-col gap-3 rounded-lg border border-line bg-canvas p-3">
      <legend className="sr-only">{name}</legend>
      <div className="flex items-end gap-2">
        <SelectField
          label={`${name}: kind`}
          className="flex-1"
          value={rule.kind}
          onChange={(event) => {
            const kind = [...leafKinds, ...joinKinds].find((each) => each === event.target.value);
            if (kind !== undefined) onChange(withKind(rule, kind));
          }}
        >
          <optgroup label="Condition">
            {leafKinds.map((kind) => (
              <option key={kind} value={kind}>
                {words[kind]}
              </option>
            ))}
          </optgroup>
          {depth < mostDepth && (
            <optgroup label="Combination">
              {joinKinds.map((kind) => (
                <option key={kind} value={kind}>
                  {words[kind]}
                </option>
              ))}
            </optgroup>
          )}
        </SelectField>
        {onRemove !== undefined && (
          <button
            type="button"
            aria-label={`Remove ${name.toLowerCase()}`}
            title="Remove"
            onClick={onRemove}
            className="mb-1 rounded p-1.5 text-muted hover:bg-raised hover:text-loss"
          >
            <Trash2 aria-hidden className="size-4" />
          </button>
        )}
      </div>
      {here.map(({ detail }) => (
        <p key={detail} role="alert" className="text-xs text-loss">
          {detail}
        </p>
      ))}
      {isLeaf(rule.kind) && (
        <ConditionFields
          kind={rule.kind}
          rule={rule}
          errorAt={(field) => errors.find((error) => placeOf(error) === `${pointer}/${field}`)?.detail}
          onChange={onChange}
        />
      )}
      {joins && (
        <div className="flex flex-col gap-2 border-l-2 border-line pl-3">
          {rule.of.map((member, index) => (
            <RuleEditor
              key={member.key}
              rule={member}
              pointer={memberPointer(rule.kind, pointer, index)}
              depth={depth + 1}
              name={name === "Condition" ? `Condition ${index + 1}` : `${name}.${index + 1}`}
              errors={errors}
              roomLeft={roomLeft}
              onChange={(next) => onChange({ ...rule, of: rule.of.map((each) => (each === member ? next : each)) })}
              onRemove={
                rule.of.length > 1
                  ? () => onChange({ ...rule, of: rule.of.filter((each) => each !== member) })
                  : undefined
              }
            />
          ))}
          {canAdd && (
            <Button
              size="small"
              className="self-start"
              onClick={() =>
                // The next condition is mostly about the same symbol or portfolio.
                onChange({ ...rule, of: [...rule.of, aDraft(subjectOf(rule))] })
              }
            >
              <Plus aria-hidden className="size-3.5" />
              {name === "Condition" ? "Add a condition" : `Add to ${name.toLowerCase()}`}
            </Button>
          )}
        </div>
      )}
    </fieldset>
  );
}

function placeOf({ pointer }: FieldError): string {
  return pointer.replace(/^#/, "");
}

function subjectOf(rule: DraftRule): Partial<DraftRule> {
  const last = rule.of.at(-1);
  return last === undefined ? {} : { symbol: last.symbol, portfolioId: last.portfolioId };
}
