import { ApiError, errorFromResponse } from "@/lib/api/api-error";
import { session } from "@/lib/api/session";

export type ApiRequest = {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  query?: Record<string, string | number | boolean | undefined>;
  /** Sent as JSON. */
  body?: unknown;
  /** Kept the same when a write is tried again, so that it takes effect once. */
  idempotencyKey?: string;
  headers?: Record<string, string>;
  /** Neither sends the token nor takes a 401 for its expiry: sign-in and registration. */
  anonymous?: boolean;
  signal?: AbortSignal;
};

/** Calls the API and gives the parsed body; `undefined` for an answer without one. Throws ApiError. */
export async function api<T>(path: string, request: ApiRequest = {}): Promise<T> {
  const response = await send(path, request);
  if (response.status === 204 || response.headers.get("content-length") === "0") return undefined as T;
  const text = await response.text();
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

/** Calls the API and gives the open answer, for streams. A 401 is met once by a refresh; other failures throw ApiError. */
export async function send(path: string, request: ApiRequest = {}): Promise<Response> {
  let response = await attempt(path, request);
  if (response.status === 401 && request.anonymous !== true && (await session.refresh()))
    response = await attempt(path, request);
  if (!response.ok) throw await errorFromResponse(response);
  return response;
}

/** A key for one intended write. */
export function newIdempotencyKey(): string {
  return crypto.randomUUID();
}

async function attempt(path: string, request: ApiRequest): Promise<Response> {
  const headers = new Headers(request.headers);
  if (!headers.has("accept")) headers.set("accept", "application/json");
  const token = request.anonymous === true ? undefined : session.accessToken;
  if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
  if (request.idempotencyKey !== undefined) headers.set("idempotency-key", request.idempotencyKey);
  const init: RequestInit = { method: request.method ?? "GET", headers };
  if (request.body !== undefined) {
    headers.set("content-type", "application/json");
    init.body = JSON.stringify(request.body);
  }
  if (request.signal !== undefined) init.signal = request.signal;
  try {
    return await fetch(withQuery(path, request.query), init);
  } catch (error) {
    if (request.signal?.aborted === true) throw error;
    throw new ApiError(0, {});
  }
}

function withQuery(path: string, query: ApiRequest["query"]): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== "") search.set(name, String(value));
  }
  const text = search.toString();
  return text === "" ? path : `${path}?${text}`;
}
