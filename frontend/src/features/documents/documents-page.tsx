import { useState } from "react";

import { DocumentList } from "@/features/documents/document-list";
import { PageDialog } from "@/features/documents/page-dialog";
import { SearchCard } from "@/features/documents/search-card";
import { UploadArea } from "@/features/documents/upload-area";
import { useUploads } from "@/features/documents/use-uploads";

/** A page of a document, and the passage on it that was looked for. */
export type OpenedPage = { documentId: string; page: number; passage?: string };

type Props = { opened: OpenedPage | undefined; onOpen: (page: OpenedPage | undefined) => void };

export function DocumentsPage({ opened, onOpen }: Props) {
  const uploads = useUploads();
  // The passage is too long for the address; it is kept beside it for as long as it belongs to what is open.
  const [sought, setSought] = useState<OpenedPage>();
  const open = (page: OpenedPage) => {
    setSought(page);
    onOpen(page);
  };
  const passage =
    sought?.documentId === opened?.documentId && sought?.page === opened?.page ? sought?.passage : undefined;
  return (
    <div className="flex flex-col gap-4">
      <h1 className="text-xl font-semibold">Documents</h1>
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <div className="flex min-w-0 flex-col gap-4">
          <UploadArea {...uploads} />
          <DocumentList onOpen={open} />
        </div>
        <SearchCard onOpen={open} />
      </div>
      {opened !== undefined && (
        <PageDialog
          opened={passage === undefined ? opened : { ...opened, passage }}
          onOpen={open}
          onClose={() => onOpen(undefined)}
        />
      )}
    </div>
  );
}
