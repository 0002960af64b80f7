export type User = { id: string; email: string; display_name: string; roles: string[] };

export type LoginResponse = { access_token: string; token_type: string; expires_in: number; user: User };

/** One page of a list. */
export type PageOf<T> = { items: T[]; next_page_token: string };

export type RegisterResponse = { user: User };

export type MarketStatus = {
  now: string;
  mode: "real" | "fixed" | "replay";
  open: boolean;
  calendar: string;
  session: string | null;
  provider_state: string;
  provider_detail?: string;
  source: string;
};
