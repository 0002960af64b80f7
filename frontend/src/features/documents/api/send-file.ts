import { ApiError } from "@/lib/api/api-error";
import { api } from "@/lib/api/client";
import type { StoredDocumentOut, UploadIn, UploadOut } from "@/lib/api/gen/rag/types.gen";
import { upload } from "@/lib/api/upload";
import { formatBytes } from "@/lib/format";

/** What the service itself takes in a request; larger files go straight to storage. */
const largestDirectBytes = 24_000_000;

type Sending = { file: File; idempotencyKey: string; onProgress: (fraction: number) => void; signal: AbortSignal };

/** Stores a file as a document of the private collection. */
export async function sendFile({ file, idempotencyKey, onProgress, signal }: Sending): Promise<StoredDocumentOut> {
  const form = new FormData();
  if (file.size <= largestDirectBytes) {
    form.set("collection", "private");
    form.set("file", file);
    const path = "/api/rag/v1/documents";
    return upload<StoredDocumentOut>({ path, form, idempotencyKey, onProgress, signal });
  }
  const started = await api<UploadOut>("/api/rag/v1/uploads", {
    method: "POST",
    body: { name: file.name } satisfies UploadIn,
    idempotencyKey,
    signal,
  });
  if (file.size > started.max_bytes) {
    throw new ApiError(413, { detail: `This file is larger than ${formatBytes(started.max_bytes)}.` });
  }
  for (const [name, value] of Object.entries(started.fields)) form.set(name, value);
  // Storage reads the fields up to the file and ignores what follows it.
  form.set("file", file);
  // A bucket's address with its slash: without it the way through the edge is not the bucket's.
  await upload({ path: started.url.replace(/\/?$/, "/"), form, onProgress, signal });
  return started.document;
}
