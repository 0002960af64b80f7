import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { useState } from "react";
import { expect, test } from "vitest";

import type { StoredDocument } from "@/features/documents/api/types";
import { DocumentsPage, type OpenedPage } from "@/features/documents/documents-page";
import { renderWithQueries } from "@/testing/render";
import { server } from "@/testing/server";

const path = "/api/rag/v1/documents";

function aDocument(part: Partial<StoredDocument> = {}): StoredDocument {
  return {
    id: "doc_1",
    name: "fees.md",
    collection: "private",
    state: "ready",
    pages: 3,
    chunks: 5,
    error: null,
    content_hash: null,
    size_bytes: 2048,
    media_type: "text/markdown",
    created_at: "2026-11-22T10:00:00Z",
    updated_at: "2026-11-22T10:00:00Z",
    ...part,
  };
}

function Documents() {
  const [opened, setOpened] = useState<OpenedPage>();
  return <DocumentsPage opened={opened} onOpen={setOpened} />;
}

function serve(documents: StoredDocument[]): void {
  server.use(
    http.get(path, () => HttpResponse.json({ items: documents, next_page_token: "" })),
    http.delete(`${path}/:id`, ({ params }) => {
      documents.splice(0, documents.length, ...documents.filter(({ id }) => id !== params["id"]));
      return new HttpResponse(null, { status: 204 });
    }),
  );
}

test("a failed document says why", async () => {
  serve([aDocument({ state: "failed", error: "This is not a PDF." })]);
  renderWithQueries(<Documents />);
  const row = await screen.findByRole("listitem");
  expect(within(row).getByText("failed")).toBeVisible();
  expect(within(row).getByText("This is not a PDF.")).toBeVisible();
});

test("an uploaded file appears and its state is followed without the socket", async () => {
  const documents: StoredDocument[] = [];
  serve(documents);
  server.use(
    http.post(path, () => {
      documents.push(aDocument({ state: "stored" }));
      return HttpResponse.json({ id: "doc_1", name: "fees.md", state: "stored" }, { status: 202 });
    }),
  );
  renderWithQueries(<Documents />);
  await screen.findByText("No documents yet");
  await userEvent.upload(screen.getByLabelText("Upload documents"), new File(["# Fees"], "fees.md"));
  expect(await screen.findByText("stored")).toBeVisible();
  documents[0] = aDocument();
  expect(await screen.findByText("ready")).toBeVisible();
  expect(screen.queryByRole("list", { name: "Uploads" })).toBeNull();
});

test("deleting asks first", async () => {
  serve([aDocument()]);
  renderWithQueries(<Documents />);
  await userEvent.click(await screen.findByRole("button", { name: "Delete fees.md" }));
  expect(screen.getByRole("dialog", { name: "Delete this document?" })).toBeVisible();
  await userEvent.click(screen.getByRole("button", { name: "Delete document" }));
  await waitFor(() => expect(screen.getByText("No documents yet")).toBeVisible());
});

test("a hit opens its page with the passage marked", async () => {
  serve([aDocument()]);
  server.use(
    http.post("/api/rag/v1/search", () =>
      HttpResponse.json({
        indexed: true,
        hits: [
          {
            document_id: "doc_1",
            document_name: "fees.md",
            page: 2,
            chunk_id: "k",
            text: "The fee is 0.45%.",
            score: 0.8,
          },
        ],
      }),
    ),
    http.get(`${path}/doc_1/pages/2`, () =>
      HttpResponse.json({
        document_id: "doc_1",
        document_name: "fees.md",
        page: 2,
        pages: 3,
        title: "Fees",
        text: "Before. The fee is 0.45%. After.",
      }),
    ),
  );
  renderWithQueries(<Documents />);
  await userEvent.type(screen.getByRole("searchbox", { name: "Search your documents" }), "fee{Enter}");
  await userEvent.click(await screen.findByRole("button", { name: /fees\.md, page 2/ }));
  const page = await screen.findByRole("dialog", { name: "fees.md" });
  expect(within(page).getByText("The fee is 0.45%.").tagName).toBe("MARK");
  expect(within(page).getByText("Page 2 of 3")).toBeVisible();
});
