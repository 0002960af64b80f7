import type { LoginAnswer, RegisterAnswer, UserModel } from "@/lib/api/gen/auth/types.gen";

export type User = UserModel;
export type LoginResponse = LoginAnswer;
export type RegisterResponse = RegisterAnswer;

/** One page of a list. */
export type PageOf<T> = { items: T[]; next_page_token: string };

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
