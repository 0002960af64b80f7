import { ApiError, errorFromResponse } from "@/lib/api/api-error";
import type { LoginResponse, User } from "@/lib/api/types";

/**
 * Who is signed in. `restoring` lasts until the first refresh has answered; `unreachable` means it got no answer, which is
 * not the same as being signed out.
 */
export type SessionState =
  | { status: "restoring" }
  | { status: "unreachable"; error: ApiError }
  | { status: "signed-out"; expired: boolean }
  | { status: "signed-in"; user: User };

type Credentials = { token: string; expiresAt: number };

const renewBeforeExpiryMs = 60_000;
const channelName = "stocktool.session";

/**
 * The page's session. The access token lives in this object only; what survives a reload is the HttpOnly refresh cookie.
 * Refreshes run under a Web Lock, since two tabs that rotate the same cookie at once would look like a stolen one.
 */
export class Session {
  #state: SessionState = { status: "restoring" };
  #credentials: Credentials | undefined;
  #refreshing: Promise<boolean> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #listeners = new Set<() => void>();
  readonly #channel = typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel(channelName);

  constructor() {
    this.#channel?.addEventListener("message", () => this.#end(false));
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly getState = (): SessionState => this.#state;

  get accessToken(): string | undefined {
    return this.#credentials?.token;
  }

  /** Restores the session from the refresh cookie; called once at start and again by a person's retry. */
  async restore(): Promise<void> {
    this.#set({ status: "restoring" });
    try {
      if (!(await this.refresh())) this.#end(false);
    } catch (error) {
      this.#set({ status: "unreachable", error: error instanceof ApiError ? error : new ApiError(0, {}) });
    }
  }

  /** Takes over what a sign-in answered. */
  begin(answer: LoginResponse): void {
    const lifetimeMs = answer.expires_in * 1000;
    this.#credentials = { token: answer.access_token, expiresAt: Date.now() + lifetimeMs };
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => void this.refresh().catch(() => undefined), // The next call that meets a 401 tries again.
      Math.max(lifetimeMs - renewBeforeExpiryMs, lifetimeMs / 2),
    );
    this.#set({ status: "signed-in", user: answer.user });
  }

  /**
   * Gets a new access token, once for all callers that wait.
   *
   * @returns false when the cookie is no longer good; the session has then ended.
   * @throws ApiError when no verdict could be had (network, 429, 5xx); the session stays as it was.
   */
  refresh(): Promise<boolean> {
    this.#refreshing ??= this.#refreshUnderLock().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async signOut(): Promise<void> {
    const token = this.#credentials?.token;
    this.#channel?.postMessage("signed-out");
    this.#end(false);
    // The cookie is what the server has to forget; without an answer it still expires on its own.
    await fetch("/api/auth/v1/logout", {
      method: "POST",
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    }).catch(() => undefined);
  }

  /** The server ended the session (revoked, suspended). */
  expire(): void {
    this.#end(true);
  }

  async #refreshUnderLock(): Promise<boolean> {
    const answer =
      "locks" in navigator
        ? await navigator.locks.request("stocktool.refresh", () => this.#requestRefresh())
        : await this.#requestRefresh();
    if (answer === undefined) {
      this.#end(this.#state.status === "signed-in");
      return false;
    }
    this.begin(answer);
    return true;
  }

  async #requestRefresh(): Promise<LoginResponse | undefined> {
    let response: Response;
    try {
      response = await fetch("/api/auth/v1/refresh", { method: "POST" });
    } catch {
      throw new ApiError(0, {});
    }
    if (response.ok) return (await response.json()) as LoginResponse;
    if (response.status === 401 || response.status === 403) return undefined;
    throw await errorFromResponse(response);
  }

  #end(expired: boolean): void {
    clearTimeout(this.#timer);
    this.#credentials = undefined;
    this.#set({ status: "signed-out", expired });
  }

  #set(state: SessionState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

export const session = new Session();
