import { useQuery } from "@tanstack/react-query";

import { Button } from "@/components/button";
import { SelectField } from "@/components/field";
import { presetsQuery, savedMappingsQuery, type ImportAnswers } from "@/features/portfolio/api/imports";
import type { Portfolio } from "@/features/portfolio/api/types";
import type { DateOrder, DecimalSign } from "@/lib/api/gen/stock/types.gen";

const dateOrders = [
  { value: "day_first", label: "Day first: 31/12/2024" },
  { value: "month_first", label: "Month first: 12/31/2024" },
] as const satisfies readonly { value: DateOrder; label: string }[];

const decimals = [
  { value: "point", label: "Point: 1,234.50" },
  { value: "comma", label: "Comma: 1.234,50" },
] as const satisfies readonly { value: DecimalSign; label: string }[];

type Props = {
  portfolio: Portfolio;
  answers: ImportAnswers;
  onAnswer: (part: Partial<ImportAnswers>) => void;
  /** The preset the file was read by. */
  detected: string | undefined;
  /** What the file leaves open. */
  asked: { dates: boolean; decimals: boolean };
  mapping: boolean;
  onMapping: (mapping: boolean) => void;
};

/** How the file is to be read, where it does not say it itself. */
export function ImportQuestions({ portfolio, answers, onAnswer, detected, asked, mapping, onMapping }: Props) {
  const presets = useQuery(presetsQuery());
  const mappings = useQuery(savedMappingsQuery());
  const title = presets.data?.find((preset) => preset.name === detected)?.title ?? detected;
  return (
    <fieldset className="grid gap-3 sm:grid-cols-2 lg:grid-cols-4">
      <legend className="sr-only">How to read the file</legend>
      <SelectField
        label="Kind of file"
        value={answers.saved_mapping === "" ? answers.preset : `saved:${answers.saved_mapping}`}
        hint={answers.preset === "" && title !== undefined && title !== "" ? `Read as ${title}` : undefined}
        onChange={({ target: { value } }) =>
          onAnswer(
            value.startsWith("saved:")
              ? { preset: "", saved_mapping: value.slice("saved:".length) }
              : { preset: value, saved_mapping: "" },
          )
        }
      >
        <option value="">By its headings</option>
        {presets.data?.map((preset) => (
          <option key={preset.name} value={preset.name}>
            {preset.title}
          </option>
        ))}
        {mappings.data !== undefined && mappings.data.length > 0 && (
          <optgroup label="Your mappings">
            {mappings.data.map(({ name }) => (
              <option key={name} value={`saved:${name}`}>
                {name}
              </option>
            ))}
          </optgroup>
        )}
      </SelectField>
      <SelectField
        label="Dates"
        value={answers.date_order}
        error={asked.dates ? "Some dates can be read in two ways: say which comes first." : undefined}
        onChange={({ target: { value } }) =>
          onAnswer({ date_order: dateOrders.find((order) => order.value === value)?.value ?? "" })
        }
      >
        <option value="">As the file shows</option>
        {dateOrders.map((order) => (
          <option key={order.value} value={order.value}>
            {order.label}
          </option>
        ))}
      </SelectField>
      <SelectField
        label="Decimal sign"
        value={answers.decimal}
        error={asked.decimals ? "Some numbers can be read in two ways: say the decimal sign." : undefined}
        onChange={({ target: { value } }) =>
          onAnswer({ decimal: decimals.find((sign) => sign.value === value)?.value ?? "" })
        }
      >
        <option value="">As the file shows</option>
        {decimals.map((sign) => (
          <option key={sign.value} value={sign.value}>
            {sign.label}
          </option>
        ))}
      </SelectField>
      <SelectField
        label="Account"
        value={answers.account_id}
        hint="For rows that name none you have"
        onChange={({ target: { value } }) => onAnswer({ account_id: value })}
      >
        <option value="">The first</option>
        {portfolio.accounts.map((account) => (
          <option key={account.id} value={account.id}>
            {account.name} ({account.currency})
          </option>
        ))}
      </SelectField>
      <div className="sm:col-span-2 lg:col-span-4">
        <Button
          size="small"
          aria-expanded={mapping}
          onClick={() => {
            onMapping(!mapping);
            if (mapping) onAnswer({ mapping: undefined });
          }}
        >
          {mapping ? "Do without a mapping" : "Say what the columns mean"}
        </Button>
      </div>
    </fieldset>
  );
}
