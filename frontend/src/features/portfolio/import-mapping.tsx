import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { Button } from "@/components/button";
import { ErrorNote } from "@/components/error-note";
import { SelectField, TextField } from "@/components/field";
import { Spinner } from "@/components/spinner";
import { savedMappingsQuery, useSaveMapping, type ImportAnswers } from "@/features/portfolio/api/imports";
import { sampleOf, type CsvSample } from "@/features/portfolio/csv-sample";
import { entryTypes } from "@/features/portfolio/entry-types";
import type { ColumnMappingModel } from "@/lib/api/gen/stock/types.gen";
import { humanise } from "@/lib/format";
import { textOf } from "@/lib/form";

const fields = [
  "date",
  "type",
  "symbol",
  "isin",
  "name",
  "quantity",
  "price",
  "amount",
  "amount_per_share",
  "fee",
  "tax",
  "currency",
  "ratio",
  "account",
  "note",
] as const;

const mostTypes = 20;
const mostColumns = 40;

type Props = { file: File; answers: ImportAnswers; onAnswer: (part: Partial<ImportAnswers>) => void };

/** Which column means what, for a CSV of no known shape. */
export function ColumnMapping({ file, answers, onAnswer }: Props) {
  const sample = useQuery({
    queryKey: ["csv-sample", file.name, file.size, file.lastModified],
    queryFn: () => sampleOf(file),
    staleTime: Infinity,
  });
  if (sample.isPending) return <Spinner label="Looking at the columns" />;
  if (sample.isError) return <ErrorNote error={sample.error} />;
  return <Mapping sample={sample.data} answers={answers} onAnswer={onAnswer} />;
}

function Mapping({ sample, answers, onAnswer }: Omit<Props, "file"> & { sample: CsvSample }) {
  const [columns, setColumns] = useState<Record<string, string>>(answers.mapping?.columns ?? guess(sample.headings));
  const [types, setTypes] = useState<Record<string, string>>(answers.mapping?.types ?? {});
  const headings = [...new Set(sample.headings)].filter(Boolean).slice(0, mostColumns);
  const typeColumn = sample.headings.findIndex((heading) => columns[heading] === "type");
  const texts =
    typeColumn < 0
      ? []
      : [...new Set(sample.rows.map((row) => row[typeColumn] ?? ""))].filter(Boolean).slice(0, mostTypes);
  const use = () => {
    const mapping: ColumnMappingModel = {
      columns: Object.fromEntries(Object.entries(columns).filter(([, field]) => field !== "")),
      types: Object.fromEntries(Object.entries(types).filter(([text]) => texts.includes(text))),
    };
    onAnswer({ mapping, preset: "", saved_mapping: "" });
  };
  return (
    <section aria-label="Columns" className="flex flex-col gap-3 rounded-lg border border-line bg-canvas p-4">
      <p className="text-sm text-muted">Say what each column of the file holds. A date and a type are needed.</p>
      <div className="grid grid-cols-2 gap-3 sm:grid-cols-3 lg:grid-cols-5">
        {headings.map((heading) => (
          <SelectField
            key={heading}
            label={heading}
            hint={sample.rows[0]?.[sample.headings.indexOf(heading)]?.slice(0, 40)}
            value={columns[heading] ?? ""}
            onChange={({ target: { value } }) => setColumns({ ...columns, [heading]: value })}
          >
            <option value="">Leave out</option>
            {fields.map((field) => (
              <option key={field} value={field}>
                {humanise(field)}
              </option>
            ))}
          </SelectField>
        ))}
      </div>
      {texts.length > 0 && (
        <fieldset>
          <legend className="mb-2 text-sm font-medium">What the types mean</legend>
          <div className="grid grid-cols-2 gap-3 sm:grid-cols-3 lg:grid-cols-5">
            {texts.map((text) => (
              <SelectField
                key={text}
                label={text}
                value={types[text] ?? "*"}
                onChange={({ target: { value } }) =>
                  setTypes(
                    value === "*"
                      ? Object.fromEntries(Object.entries(types).filter(([other]) => other !== text))
                      : { ...types, [text]: value },
                  )
                }
              >
                <option value="*">As it says</option>
                <option value="">Leave out</option>
                {entryTypes.map((type) => (
                  <option key={type} value={type}>
                    {humanise(type)}
                  </option>
                ))}
              </SelectField>
            ))}
          </div>
        </fieldset>
      )}
      <div className="flex flex-wrap items-end justify-between gap-3">
        {answers.mapping === undefined ? <span /> : <KeepMapping answers={answers} />}
        <Button variant="primary" onClick={use}>
          Read the file by these columns
        </Button>
      </div>
    </section>
  );
}

/** Keeps the columns for the next file of this shape. */
function KeepMapping({ answers }: { answers: ImportAnswers }) {
  const save = useSaveMapping();
  const { data: saved } = useQuery(savedMappingsQuery());
  const [name, setName] = useState("");
  const replaces = saved?.some((mapping) => mapping.name === name.trim()) === true;
  return (
    <form
      className="flex items-end gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate({ name: textOf(new FormData(event.currentTarget), "name"), answers });
      }}
    >
      <TextField
        label="Keep these columns as"
        name="name"
        required
        maxLength={60}
        value={name}
        error={save.isError ? save.error.message : undefined}
        hint={save.isSuccess ? "Kept." : replaces ? "Replaces the one by this name." : undefined}
        onChange={(event) => setName(event.target.value)}
      />
      <Button type="submit" busy={save.isPending}>
        Keep
      </Button>
    </form>
  );
}

/** Fields of the headings that are named as their field. */
function guess(headings: readonly string[]): Record<string, string> {
  const known: readonly string[] = fields;
  return Object.fromEntries(
    headings.map((heading) => {
      const word = heading.toLowerCase().replace(/[^a-z]+/g, "_");
      return [heading, known.includes(word) ? word : ""];
    }),
  );
}
