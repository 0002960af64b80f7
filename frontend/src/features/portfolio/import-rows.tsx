import { Badge, type Tone } from "@/components/badge";
import { Button } from "@/components/button";
import { Choice } from "@/components/choice";
import { DataTable, type DataColumn } from "@/components/data-table";
import { EmptyState } from "@/components/empty-state";
import { inWords } from "@/features/portfolio/import-wording";
import type { ImportModel, ImportRowModel, RowState } from "@/lib/api/gen/stock/types.gen";
import { formatDay, humanise } from "@/lib/format";

const tones = { new: "accent", duplicate: "neutral", error: "loss", skipped: "neutral" } as const satisfies Record<
  RowState,
  Tone
>;

type Props = {
  report: ImportModel;
  only: RowState | "";
  onOnly: (only: RowState | "") => void;
  /** Rows the reader leaves out. */
  skipped: readonly number[];
  onSkip: (rows: readonly number[]) => void;
};

/** Every row of the file with what becomes of it. */
export function ImportRows({ report, only, onOnly, skipped, onSkip }: Props) {
  const { counts } = report;
  const total = counts.new + counts.duplicate + counts.error + counts.skipped;
  const filters = [
    { value: "all", label: `All ${total}` },
    { value: "new", label: `New ${counts.new}` },
    { value: "duplicate", label: `Duplicates ${counts.duplicate}` },
    { value: "error", label: `Errors ${counts.error}` },
    { value: "skipped", label: `Skipped ${counts.skipped}` },
  ] as const;
  return (
    <div className="flex flex-col gap-2">
      <div className="overflow-x-auto">
        <Choice
          label="Rows"
          value={only === "" ? "all" : only}
          options={filters}
          onChange={(value) => onOnly(value === "all" ? "" : value)}
        />
      </div>
      {report.rows.length === 0 ? (
        <EmptyState title="No such rows" />
      ) : (
        <DataTable
          label="Rows of the file"
          columns={columnsFor(skipped, onSkip)}
          rows={report.rows}
          keyOf={(row) => String(row.row)}
        />
      )}
      {report.more_rows > 0 && (
        <p className="text-xs text-muted">{report.more_rows} further rows are not shown; the counts include them.</p>
      )}
    </div>
  );
}

function columnsFor(skipped: readonly number[], onSkip: Props["onSkip"]): readonly DataColumn<ImportRowModel>[] {
  return [
    { label: "Row", cell: (row) => row.row },
    { label: "State", cell: (row) => <Badge tone={tones[row.state]}>{row.state}</Badge> },
    { label: "Date", cell: (row) => <span className="whitespace-nowrap">{dayOf(row)}</span> },
    { label: "Type", cell: (row) => humanise(booked(row, "type")) },
    { label: "Symbol", cell: (row) => booked(row, "symbol") || row.symbol_text },
    { label: "Quantity", numeric: true, cell: (row) => booked(row, "quantity") || booked(row, "ratio") },
    { label: "Price", numeric: true, cell: (row) => booked(row, "price") },
    { label: "Amount", numeric: true, cell: (row) => booked(row, "amount") },
    { label: "Currency", cell: (row) => booked(row, "currency") },
    { label: "Remarks", cell: (row) => <Remarks row={row} /> },
    {
      label: "Leave out",
      cell: (row) => {
        const out = skipped.includes(row.row);
        if (!out && row.state !== "error" && row.state !== "new") return null;
        return (
          <Button
            size="small"
            variant="quiet"
            aria-label={out ? `Take row ${row.row} in again` : `Leave out row ${row.row}`}
            onClick={() => onSkip(out ? skipped.filter((other) => other !== row.row) : [...skipped, row.row])}
          >
            {out ? "Take in" : "Leave out"}
          </Button>
        );
      },
    },
  ];
}

function Remarks({ row }: { row: ImportRowModel }) {
  return (
    <ul className="max-w-96 min-w-48 text-xs">
      {row.problems.map((problem) => (
        <li key={`${problem.field} ${problem.detail}`} className="text-loss">
          {problem.field !== "" && <span className="font-medium">{humanise(problem.field)}: </span>}
          {inWords(problem.detail)} {problem.cure !== "" && <span className="text-muted">{inWords(problem.cure)}</span>}
        </li>
      ))}
      {row.skipped !== "" && <li className="text-muted">{inWords(row.skipped)}</li>}
      {row.notes.map((note) => (
        <li key={note} className="text-muted">
          {note}
        </li>
      ))}
    </ul>
  );
}

function booked(row: ImportRowModel, field: string): string {
  const value = row.books?.[field];
  return typeof value === "string" ? value : "";
}

function dayOf(row: ImportRowModel): string {
  const day = booked(row, "date");
  return day === "" ? "" : formatDay(day);
}
