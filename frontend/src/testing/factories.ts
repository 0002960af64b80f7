import type { LoginResponse } from "@/lib/api/types";

/** What a sign-in answers, as the demo user. */
export function aSignIn(part: Partial<LoginResponse> = {}): LoginResponse {
  return {
    access_token: "token",
    token_type: "Bearer",
    expires_in: 600,
    user: { id: "usr_demo", email: "demo@stocktool.local", display_name: "Demo", roles: ["user"] },
    ...part,
  };
}
