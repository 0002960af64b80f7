export type DocumentState = "stored" | "queued" | "parsing" | "embedding" | "ready" | "failed";

export type StoredDocument = {
  id: string;
  name: string;
  state: DocumentState;
  pages: number | null;
  chunks: number | null;
  error: string | null;
  size_bytes?: number | null;
  created_at?: string;
};

export type SearchHit = {
  document_id: string;
  document_name: string;
  page: number;
  chunk_id: string;
  text: string;
  score: number;
};

export type DocumentPage = {
  document_id: string;
  document_name: string;
  page: number;
  pages: number;
  text: string;
};
