/** One field of the request that was refused; `pointer` is a JSON pointer into the body, "/email". */
export type FieldError = { pointer: string; detail: string };

/** The RFC 9457 document every failing call answers with; all parts are optional because proxies answer too. */
export type Problem = {
  type?: string;
  title?: string;
  status?: number;
  detail?: string;
  reason?: string;
  trace_id?: string;
  errors?: FieldError[];
};

/** Why a call failed. `status` is 0 when no answer came at all. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly reason: string;
  readonly fields: readonly FieldError[];
  readonly traceId: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(status: number, problem: Problem, retryAfterSeconds?: number) {
    super(problem.detail ?? problem.title ?? fallbackSentence(status));
    this.status = status;
    this.reason = problem.reason ?? (status === 0 ? "NETWORK" : `HTTP_${status}`);
    this.fields = problem.errors ?? [];
    this.traceId = problem.trace_id;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** What is wrong with one field of the form, by its name in the body; deeper pointers count for their field. */
  field(name: string): string | undefined {
    return this.fields.find(({ pointer }) =>
      pointer
        .replace(/^[#/]+/, "")
        .split("/")
        .includes(name),
    )?.detail;
  }
}

/** Whether trying the same call again can help without anything else changing. */
export function isTransient(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 0 || error.status === 429 || error.status >= 502);
}

/** Reads the error out of a failed answer, also when a proxy in between answered with something else. */
export async function errorFromResponse(response: Response): Promise<ApiError> {
  let problem: Problem = {};
  try {
    const body: unknown = await response.json();
    if (typeof body === "object" && body !== null) problem = body;
  } catch {
    // Not JSON: the status alone has to do.
  }
  const retryAfter = Number.parseInt(response.headers.get("retry-after") ?? "", 10);
  return new ApiError(response.status, problem, Number.isNaN(retryAfter) ? undefined : retryAfter);
}

function fallbackSentence(status: number): string {
  if (status === 0) return "StockTool cannot be reached. Check the connection and try again.";
  if (status === 401) return "You are signed out.";
  if (status === 403) return "You are not allowed to do this.";
  if (status === 404) return "This does not exist, or not for you.";
  if (status === 413) return "This is too large.";
  if (status === 429) return "Too many requests. Wait a moment and try again.";
  if (status >= 502) return "A part of StockTool is not available right now. Try again shortly.";
  return "Something went wrong on our side.";
}
