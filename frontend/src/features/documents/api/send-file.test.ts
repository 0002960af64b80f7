import { http, HttpResponse } from "msw";
import { expect, test } from "vitest";

import { sendFile } from "@/features/documents/api/send-file";
import { server } from "@/testing/server";

function sending(sizeBytes?: number) {
  const file = new File(["# Fees"], "fees.md");
  if (sizeBytes !== undefined) Object.defineProperty(file, "size", { value: sizeBytes });
  return { file, idempotencyKey: "k", onProgress: () => undefined, signal: new AbortController().signal };
}

const document = { id: "doc_1", name: "fees.md", state: "stored" };

function serveForm(maxBytes: number): void {
  server.use(
    http.post("/api/rag/v1/uploads", () =>
      HttpResponse.json({
        document,
        url: "http://stocktool.test/bucket",
        fields: { key: "docs/usr_1/doc_1/original" },
        expires_in_seconds: 600,
        max_bytes: maxBytes,
      }),
    ),
  );
}

test("a file goes to the service with the key of its intent", async () => {
  const keys: (string | null)[] = [];
  server.use(
    http.post("/api/rag/v1/documents", ({ request }) => {
      keys.push(request.headers.get("idempotency-key"));
      return HttpResponse.json(document, { status: 202 });
    }),
  );
  expect(await sendFile(sending())).toEqual(document);
  expect(keys).toEqual(["k"]);
});

test("a large file goes straight to storage, which is told neither key nor token", async () => {
  serveForm(100_000_000);
  const headers: (string | null)[] = [];
  server.use(
    http.post("/bucket/", ({ request }) => {
      headers.push(request.headers.get("idempotency-key"), request.headers.get("authorization"));
      return new HttpResponse(null, { status: 204 });
    }),
  );
  expect(await sendFile(sending(30_000_000))).toEqual(document);
  expect(headers).toEqual([null, null]);
});

test("a file that is too large is refused before it is sent", async () => {
  serveForm(26_000_000);
  await expect(sendFile(sending(30_000_000))).rejects.toMatchObject({ status: 413 });
});
