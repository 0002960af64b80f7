import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { FileText, LoaderCircle, Trash2 } from "lucide-react";
import { useState } from "react";

import { Badge, type Tone } from "@/components/badge";
import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { ConfirmDialog } from "@/components/confirm-dialog";
import { EmptyState } from "@/components/empty-state";
import { ErrorNote } from "@/components/error-note";
import { Spinner } from "@/components/spinner";
import { documentsQuery, isSettled, useDeleteDocument } from "@/features/documents/api/documents";
import type { StoredDocument } from "@/features/documents/api/types";
import type { OpenedPage } from "@/features/documents/documents-page";
import { useLiveMessage } from "@/hooks/use-live";
import { formatBytes, formatInstant } from "@/lib/format";

export function DocumentList({ onOpen }: { onOpen: (page: OpenedPage) => void }) {
  const queryClient = useQueryClient();
  const documents = useInfiniteQuery(documentsQuery());
  const remove = useDeleteDocument();
  const [doomed, setDoomed] = useState<StoredDocument>();
  // The message is a hint that some row has moved; the rows themselves are asked for.
  useLiveMessage("document", () => void queryClient.invalidateQueries({ queryKey: ["documents"] }));

  return (
    <Card title="Your documents">
      {documents.isPending && <Spinner label="Loading documents" />}
      {documents.isError && <ErrorNote error={documents.error} onRetry={() => void documents.refetch()} />}
      {documents.isSuccess && documents.data.length === 0 && (
        <EmptyState title="No documents yet">
          Upload a report or a contract. Once it is ready you can search it, and ask about it in the chat.
        </EmptyState>
      )}
      {documents.isSuccess && documents.data.length > 0 && (
        <ul aria-label="Documents" className="divide-y divide-line">
          {documents.data.map((document) => (
            <DocumentRow
              key={document.id}
              document={document}
              onOpen={() => onOpen({ documentId: document.id, page: 1 })}
              onDelete={() => setDoomed(document)}
            />
          ))}
        </ul>
      )}
      {documents.hasNextPage && (
        <div className="mt-3 text-center">
          <Button size="small" busy={documents.isFetchingNextPage} onClick={() => void documents.fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
      {doomed !== undefined && (
        <ConfirmDialog
          title="Delete this document?"
          description={`"${doomed.name}" disappears from storage, from the search, and from answers that quoted it.`}
          confirmLabel="Delete document"
          busy={remove.isPending}
          error={remove.error}
          onClose={() => setDoomed(undefined)}
          onConfirm={() => remove.mutate(doomed.id, { onSuccess: () => setDoomed(undefined) })}
        />
      )}
    </Card>
  );
}

const tones: Record<string, Tone> = { ready: "accent", failed: "loss" };

type RowProps = { document: StoredDocument; onOpen: () => void; onDelete: () => void };

function DocumentRow({ document, onOpen, onDelete }: RowProps) {
  const facts = [
    document.pages === null ? "" : `${document.pages} ${document.pages === 1 ? "page" : "pages"}`,
    document.size_bytes === null ? "" : formatBytes(document.size_bytes),
    formatInstant(document.created_at),
  ].filter((fact) => fact !== "");
  return (
    <li className="flex items-center gap-3 py-2.5">
      <FileText aria-hidden className="size-5 shrink-0 text-muted" />
      <div className="min-w-0 flex-1">
        {document.state === "ready" ? (
          <button
            type="button"
            onClick={onOpen}
            className="block max-w-full truncate text-left font-medium hover:underline"
          >
            {document.name}
          </button>
        ) : (
          <p className="truncate font-medium">{document.name}</p>
        )}
        <p className="text-xs text-muted">{facts.join(" · ")}</p>
        {document.error !== null && document.error !== "" && <p className="text-sm text-loss">{document.error}</p>}
      </div>
      <Badge tone={tones[document.state] ?? "neutral"}>
        {!isSettled(document) && <LoaderCircle aria-hidden className="size-3 animate-spin" />}
        {document.state}
      </Badge>
      <button
        type="button"
        aria-label={`Delete ${document.name}`}
        onClick={onDelete}
        className="rounded p-1.5 text-muted hover:bg-raised hover:text-loss"
      >
        <Trash2 aria-hidden className="size-4" />
      </button>
    </li>
  );
}
