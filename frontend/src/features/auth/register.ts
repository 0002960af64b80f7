import { useMutation } from "@tanstack/react-query";

import { signIn } from "@/features/auth/sign-in";
import { api } from "@/lib/api/client";
import { session } from "@/lib/api/session";
import type { RegisterResponse } from "@/lib/api/types";

export type RegisterRequest = { email: string; password: string; display_name: string };

/** Registers and signs in at once; the register call itself gives no token. */
export function useRegister() {
  return useMutation({
    mutationFn: async (request: RegisterRequest) => {
      await api<RegisterResponse>("/api/auth/v1/register", { method: "POST", body: request, anonymous: true });
      return signIn({ email: request.email, password: request.password });
    },
    onSuccess: (answer) => session.begin(answer),
  });
}
