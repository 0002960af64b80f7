import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { ConfirmDialog } from "@/components/confirm-dialog";
import { DataTable } from "@/components/data-table";
import { EmptyState } from "@/components/empty-state";
import { ErrorNote } from "@/components/error-note";
import { Spinner } from "@/components/spinner";
import { importsQuery, useUndoImport } from "@/features/portfolio/api/imports";
import type { Portfolio } from "@/features/portfolio/api/types";
import type { ImportBatchModel } from "@/lib/api/gen/stock/types.gen";
import { formatInstant } from "@/lib/format";

/** What was imported before, newest first, and the way back from each. */
export function ImportHistory({ portfolio }: { portfolio: Portfolio }) {
  const [tokens, setTokens] = useState<readonly string[]>([""]);
  const imports = useQuery(importsQuery(portfolio.id, tokens.at(-1) ?? ""));
  const undo = useUndoImport(portfolio.id);
  const [doomed, setDoomed] = useState<ImportBatchModel>();
  const next = imports.data?.next_page_token ?? "";
  return (
    <Card title="Earlier imports">
      {imports.isPending && <Spinner label="Loading the imports" />}
      {imports.isError && <ErrorNote error={imports.error} onRetry={() => void imports.refetch()} />}
      {imports.isSuccess && imports.data.items.length === 0 && (
        <EmptyState title="Nothing imported yet">Each import can be taken back here as a whole.</EmptyState>
      )}
      {imports.isSuccess && imports.data.items.length > 0 && (
        <DataTable
          label="Imports"
          columns={[
            { label: "File", cell: (batch) => batch.source_name || "unnamed" },
            { label: "Imported", cell: (batch) => formatInstant(batch.imported_at) },
            { label: "Entries", numeric: true, cell: (batch) => batch.count },
            { label: "Duplicates left out", numeric: true, cell: (batch) => batch.skipped_duplicates },
            {
              label: "State",
              cell: (batch) => <Badge tone={batch.state === "committed" ? "accent" : "neutral"}>{batch.state}</Badge>,
            },
            {
              label: "Undo",
              cell: (batch) =>
                batch.state === "committed" && (
                  <Button
                    size="small"
                    aria-label={`Undo the import of ${batch.source_name || "the unnamed file"}`}
                    onClick={() => setDoomed(batch)}
                  >
                    Undo
                  </Button>
                ),
            },
          ]}
          rows={imports.data.items}
          keyOf={(batch) => batch.id}
        />
      )}
      {(tokens.length > 1 || next !== "") && (
        <nav aria-label="Pages of imports" className="mt-3 flex justify-center gap-3">
          <Button size="small" disabled={tokens.length === 1} onClick={() => setTokens(tokens.slice(0, -1))}>
            Newer
          </Button>
          <Button size="small" disabled={next === ""} onClick={() => setTokens([...tokens, next])}>
            Older
          </Button>
        </nav>
      )}
      {doomed !== undefined && (
        <ConfirmDialog
          title="Undo this import?"
          description={`All ${doomed.count} entries of ${doomed.source_name || "the unnamed file"} are taken back at once. Importing the file again brings them back.`}
          confirmLabel="Undo the import"
          busy={undo.isPending}
          error={undo.error}
          onClose={() => {
            undo.reset();
            setDoomed(undefined);
          }}
          onConfirm={() => undo.mutate(doomed.id, { onSuccess: () => setDoomed(undefined) })}
        />
      )}
    </Card>
  );
}
