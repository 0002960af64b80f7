import WebSocket from "partysocket/ws";

import { session } from "@/lib/api/session";

export type LiveStatus = "offline" | "connecting" | "live";

/** A message of the user's one socket; what else it carries depends on its type. */
export type LiveMessage = { type: string; id?: string; [field: string]: unknown };

/** The server's close code for a token it does not take, or no longer takes. */
const unauthenticated = 4401;
const silenceMs = 40_000;

type Listener = (message: LiveMessage) => void;

/**
 * The one socket of the app. It says who it is in its first message, again whenever the token is renewed, and after a cut
 * names the last notification it saw. What it brings is a hint: readers fetch the row, and poll while it is down.
 */
export class LiveConnection {
  #socket: WebSocket | undefined;
  #status: LiveStatus = "offline";
  #lastNotification: string | undefined;
  #token: string | undefined;
  #watchdog: ReturnType<typeof setTimeout> | undefined;
  readonly #symbols = new Map<string, number>();
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #statusListeners = new Set<() => void>();

  readonly subscribeStatus = (listener: () => void): (() => void) => {
    this.#statusListeners.add(listener);
    return () => this.#statusListeners.delete(listener);
  };

  readonly getStatus = (): LiveStatus => this.#status;

  open(): void {
    if (this.#socket !== undefined) return;
    const scheme = window.location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${window.location.host}/api/stock/v1/stream`, undefined, {
      minReconnectionDelay: 500,
      maxReconnectionDelay: 15_000,
    });
    this.#socket = socket;
    this.#setStatus("connecting");
    socket.addEventListener("open", () => this.#authenticate());
    socket.addEventListener("close", (event) => {
      if (this.#socket !== socket) return;
      clearTimeout(this.#watchdog);
      this.#setStatus("connecting");
      // The next greeting needs a token that is good; no verdict now means the one after it tries again.
      if (event.code === unauthenticated) void session.refresh().catch(() => undefined);
    });
    socket.addEventListener("message", (event: MessageEvent) => this.#receive(event.data));
  }

  close(): void {
    const socket = this.#socket;
    clearTimeout(this.#watchdog);
    this.#socket = undefined;
    this.#lastNotification = undefined;
    this.#token = undefined;
    socket?.close();
    this.#setStatus("offline");
  }

  /** Presents a renewed access token on the open socket. */
  renew(): void {
    if (this.#socket?.readyState === WebSocket.OPEN && session.accessToken !== this.#token) this.#authenticate();
  }

  on(type: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(type) ?? new Set();
    listeners.add(listener);
    this.#listeners.set(type, listeners);
    return () => listeners.delete(listener);
  }

  /** Asks for quotes while at least one caller wants them. */
  watch(symbols: readonly string[]): () => void {
    const added = symbols.filter((symbol) => !this.#symbols.has(symbol));
    for (const symbol of symbols) this.#symbols.set(symbol, (this.#symbols.get(symbol) ?? 0) + 1);
    if (added.length > 0) this.#sendIfLive({ subscribe: added });
    return () => {
      const dropped = symbols.filter((symbol) => this.#release(symbol));
      if (dropped.length > 0) this.#sendIfLive({ unsubscribe: dropped });
    };
  }

  #release(symbol: string): boolean {
    const rest = (this.#symbols.get(symbol) ?? 1) - 1;
    if (rest > 0) {
      this.#symbols.set(symbol, rest);
      return false;
    }
    return this.#symbols.delete(symbol);
  }

  /** The server has taken the token: say what is wanted. */
  #start(): void {
    if (this.#symbols.size > 0) this.#send({ subscribe: [...this.#symbols.keys()] });
    if (this.#lastNotification !== undefined) this.#send({ resume_from: this.#lastNotification });
    this.#setStatus("live");
  }

  #authenticate(): void {
    this.#token = session.accessToken;
    if (this.#token !== undefined) this.#send({ auth: this.#token });
  }

  #receive(data: unknown): void {
    if (typeof data !== "string") return;
    let message: LiveMessage;
    try {
      message = JSON.parse(data) as LiveMessage;
    } catch {
      return;
    }
    this.#expectMore();
    if (message.type === "ready") this.#start();
    if (message.type === "notification" && message.id !== undefined) this.#lastNotification = message.id;
    if (message.type === "session.revoked") session.expire();
    for (const listener of this.#listeners.get(message.type) ?? []) listener(message);
  }

  /** Pings come every 15 s; a socket that has gone silent is dead, whatever the system believes. */
  #expectMore(): void {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => this.#socket?.reconnect(), silenceMs);
  }

  #sendIfLive(body: object): void {
    if (this.#status === "live") this.#send(body);
  }

  #send(body: object): void {
    this.#socket?.send(JSON.stringify(body));
  }

  #setStatus(status: LiveStatus): void {
    if (status === this.#status) return;
    this.#status = status;
    for (const listener of this.#statusListeners) listener();
  }
}

export const live = new LiveConnection();
