import { ApiError } from "@/lib/api/api-error";
import { session } from "@/lib/api/session";

type Upload = {
  path: string;
  form: FormData;
  /** Left out for storage, which knows neither keys nor tokens: its form is signed. */
  idempotencyKey?: string;
  /** Told the part that has left the browser, 0 to 1. */
  onProgress: (fraction: number) => void;
  signal: AbortSignal;
};

/** Sends a form with its progress, which fetch cannot tell. A 401 is met once by a refresh. */
export async function upload<T>(request: Upload): Promise<T> {
  try {
    return await attempt<T>(request);
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401 || !(await session.refresh())) throw error;
    return attempt<T>(request);
  }
}

function attempt<T>({ path, form, idempotencyKey, onProgress, signal }: Upload): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    if (idempotencyKey !== undefined) request.setRequestHeader("idempotency-key", idempotencyKey);
    if (idempotencyKey !== undefined && session.accessToken !== undefined)
      request.setRequestHeader("authorization", `Bearer ${session.accessToken}`);
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    });
    request.addEventListener("load", () => {
      const body = parse(request.responseText);
      if (request.status >= 200 && request.status < 300) resolve(body as T);
      else reject(new ApiError(request.status, typeof body === "object" && body !== null ? body : {}));
    });
    request.addEventListener("error", () => reject(new ApiError(0, {})));
    request.addEventListener("abort", () => reject(new DOMException("The upload was cancelled.", "AbortError")));
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(form);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
