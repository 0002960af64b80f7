import { useQuery } from "@tanstack/react-query";
import { ChevronLeft, ChevronRight } from "lucide-react";

import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { ErrorNote } from "@/components/error-note";
import { Spinner } from "@/components/spinner";
import { pageQuery } from "@/features/documents/api/page";
import type { OpenedPage } from "@/features/documents/documents-page";

type Props = { opened: OpenedPage; onOpen: (page: OpenedPage) => void; onClose: () => void };

/** One page of a document as text, the passage that led here marked. */
export function PageDialog({ opened, onOpen, onClose }: Props) {
  const page = useQuery(pageQuery(opened.documentId, opened.page));
  const turn = (step: number) => onOpen({ documentId: opened.documentId, page: opened.page + step });
  return (
    <Dialog title={page.data?.document_name ?? "Document"} placement="panel" onClose={onClose}>
      {page.isPending && <Spinner label="Loading the page" />}
      {page.isError && <ErrorNote error={page.error} onRetry={() => void page.refetch()} />}
      {page.isSuccess && (
        <>
          <div className="flex items-center justify-between gap-2">
            <Button size="small" disabled={opened.page <= 1} onClick={() => turn(-1)}>
              <ChevronLeft aria-hidden className="size-4" />
              Previous
            </Button>
            <p className="text-sm text-muted">
              Page {page.data.page} of {page.data.pages}
            </p>
            <Button size="small" disabled={opened.page >= page.data.pages} onClick={() => turn(1)}>
              Next
              <ChevronRight aria-hidden className="size-4" />
            </Button>
          </div>
          <div className="rounded-lg bg-raised p-4 text-sm leading-relaxed break-words whitespace-pre-wrap">
            <Passage text={page.data.text} passage={opened.passage} />
          </div>
        </>
      )}
    </Dialog>
  );
}

function Passage({ text, passage }: { text: string; passage: string | undefined }) {
  const at = passage === undefined || passage === "" ? -1 : text.indexOf(passage);
  if (passage === undefined || at < 0) return text;
  return (
    <>
      {text.slice(0, at)}
      <mark className="rounded bg-accent-soft text-ink">{passage}</mark>
      {text.slice(at + passage.length)}
    </>
  );
}
