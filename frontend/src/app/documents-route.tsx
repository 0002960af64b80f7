import { useNavigate, useSearch } from "@tanstack/react-router";

import { DocumentsPage } from "@/features/documents/documents-page";

/** Keeps the open page of a document in the address, so that a citation can link to it. */
export function DocumentsRoute() {
  const { document, page } = useSearch({ from: "/documents" });
  const navigate = useNavigate();
  return (
    <DocumentsPage
      opened={document === undefined ? undefined : { documentId: document, page: page ?? 1 }}
      onOpen={(next) =>
        void navigate({
          to: "/documents",
          search: next === undefined ? {} : { document: next.documentId, page: next.page },
        })
      }
    />
  );
}
