import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { ErrorNote } from "@/components/error-note";
import { Spinner } from "@/components/spinner";
import { dryRunQuery, noAnswers, useImportFile, type ImportAnswers } from "@/features/portfolio/api/imports";
import type { Portfolio } from "@/features/portfolio/api/types";
import { FilePicker } from "@/features/portfolio/import-file-picker";
import { ColumnMapping } from "@/features/portfolio/import-mapping";
import { ImportQuestions } from "@/features/portfolio/import-questions";
import { ImportResult } from "@/features/portfolio/import-result";
import { ImportRows } from "@/features/portfolio/import-rows";
import { SymbolQuestions } from "@/features/portfolio/import-symbols";
import { inWords } from "@/features/portfolio/import-wording";
import { useIdempotencyKey } from "@/hooks/use-idempotency-key";
import { ApiError } from "@/lib/api/api-error";
import type { ImportModel, RowState } from "@/lib/api/gen/stock/types.gen";
import { classNames } from "@/lib/class-names";
import { formatBytes } from "@/lib/format";

/** Choose a file, see what it would book, answer what it leaves open, book it. */
export function ImportWizard({ portfolio }: { portfolio: Portfolio }) {
  const [file, setFile] = useState<File>();
  const [outcome, setOutcome] = useState<ImportModel>();
  const restart = () => {
    setFile(undefined);
    setOutcome(undefined);
  };
  if (outcome !== undefined) {
    return (
      <Card title="Import a file">
        <ImportResult portfolio={portfolio} outcome={outcome} fileName={file?.name ?? ""} onRestart={restart} />
      </Card>
    );
  }
  return (
    <Card
      title="Import a file"
      note="CSV, OFX, QFX, QIF or a JSON export, at most 20 MB. You see every row before anything is booked."
      actions={file !== undefined && <Button onClick={restart}>Choose another file</Button>}
    >
      {file === undefined ? (
        <FilePicker onFile={setFile} />
      ) : (
        <Review portfolio={portfolio} file={file} onBooked={setOutcome} />
      )}
    </Card>
  );
}

type ReviewProps = { portfolio: Portfolio; file: File; onBooked: (outcome: ImportModel) => void };

function Review({ portfolio, file, onBooked }: ReviewProps) {
  const [answers, setAnswers] = useState<ImportAnswers>(noAnswers);
  const [only, setOnly] = useState<RowState | "">("");
  const [mapping, setMapping] = useState(false);
  const dryRun = useQuery(dryRunQuery(portfolio.id, file, answers, only));
  const book = useImportFile(portfolio.id);
  const idempotency = useIdempotencyKey();
  const answer = (part: Partial<ImportAnswers>) => {
    book.reset();
    setAnswers({ ...answers, ...part });
  };
  const report = dryRun.data;
  const blocked = report === undefined || report.count === 0 || dryRun.isFetching || dryRun.isError;

  return (
    <div className="flex flex-col gap-4">
      <p className="text-sm">
        <span className="font-medium">{file.name}</span> <span className="text-muted">{formatBytes(file.size)}</span>
      </p>
      <ImportQuestions
        portfolio={portfolio}
        answers={answers}
        onAnswer={answer}
        detected={report?.preset}
        asked={asked(report)}
        mapping={mapping}
        onMapping={setMapping}
      />
      {mapping && <ColumnMapping file={file} answers={answers} onAnswer={answer} />}
      {dryRun.isPending && <Spinner label="Reading the file" />}
      {dryRun.isError && <Refusal error={dryRun.error} onRetry={() => void dryRun.refetch()} />}
      {report !== undefined && !dryRun.isError && (
        <div
          aria-busy={dryRun.isFetching}
          className={classNames("flex flex-col gap-4 transition-opacity", dryRun.isFetching && "opacity-60")}
        >
          {report.problems.map((problem) => (
            <p
              key={`${problem.field} ${problem.detail}`}
              role="alert"
              className="rounded-lg bg-loss-soft px-3 py-2 text-sm text-loss"
            >
              {inWords(problem.detail)} {inWords(problem.cure)}
            </p>
          ))}
          {report.warnings.map((warning) => (
            <p key={warning} className="text-sm text-warn">
              {warning}
            </p>
          ))}
          <SymbolQuestions
            unresolved={report.unresolved}
            chosen={answers.symbols}
            onChoose={(symbols) => answer({ symbols })}
          />
          <ImportRows
            report={report}
            only={only}
            onOnly={setOnly}
            skipped={answers.skip_rows}
            onSkip={(skip_rows) => answer({ skip_rows })}
          />
          {book.isError && <Refusal error={book.error} />}
          <div className="flex flex-wrap items-center justify-end gap-3">
            <p className="mr-auto text-sm text-muted" role="status">
              {verdict(report)}
            </p>
            <Button
              variant="primary"
              busy={book.isPending}
              disabled={blocked}
              onClick={() => {
                const key = idempotency.keyFor([file.name, file.size, file.lastModified, answers]);
                book.mutate(
                  { file, answers, key },
                  {
                    onSuccess: (outcome) => {
                      idempotency.settle();
                      onBooked(outcome);
                    },
                  },
                );
              }}
            >
              {report.count > 0 ? `Import ${report.count} ${report.count === 1 ? "entry" : "entries"}` : "Import"}
            </Button>
          </div>
        </div>
      )}
    </div>
  );
}

/** What the rows leave open that the questions can settle. */
function asked(report: ImportModel | undefined): { dates: boolean; decimals: boolean } {
  const details = report?.rows.flatMap((row) => row.problems.map((problem) => problem.detail)) ?? [];
  return {
    dates: details.some((detail) => detail.includes("date_order=")),
    decimals: details.some((detail) => detail.includes("decimal=")),
  };
}

function verdict({ counts, count, problems }: ImportModel): string {
  if (counts.error > 0)
    return "All or nothing: mend the rows with errors, or leave them out, and the rest can be booked.";
  if (problems.length > 0) return "The file cannot be booked as it is.";
  if (count === 0) return "There is nothing new in this file.";
  return "Nothing is booked yet.";
}

/** Why the file was refused, with the places the service names. */
function Refusal({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const fields = error instanceof ApiError ? error.fields : [];
  return (
    <div className="flex flex-col gap-2">
      {onRetry === undefined ? <ErrorNote error={error} /> : <ErrorNote error={error} onRetry={onRetry} />}
      {fields.length > 0 && (
        <ul aria-label="What is wrong" className="list-disc pl-5 text-sm text-loss">
          {fields.slice(0, 20).map(({ pointer, detail }) => (
            <li key={`${pointer} ${detail}`}>
              <span className="font-mono text-xs">{pointer.replace(/^[#/]+/, "")}</span>: {inWords(detail)}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
