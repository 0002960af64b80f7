import type { DocumentOut, HitOut, PageOut } from "@/lib/api/gen/rag/types.gen";

export type StoredDocument = DocumentOut;
export type SearchHit = HitOut;
export type DocumentPage = PageOut;
