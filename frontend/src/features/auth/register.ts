import { useMutation } from "@tanstack/react-query";

import { signIn } from "@/features/auth/sign-in";
import { api } from "@/lib/api/client";
import type { RegisterBodyWritable } from "@/lib/api/gen/auth/types.gen";
import { session } from "@/lib/api/session";
import type { RegisterResponse } from "@/lib/api/types";

/** Registers and signs in at once; the register call itself gives no token. */
export function useRegister() {
  return useMutation({
    mutationFn: async (request: RegisterBodyWritable) => {
      await api<RegisterResponse>("/api/auth/v1/register", { method: "POST", body: request, anonymous: true });
      return signIn({ email: request.email, password: request.password });
    },
    onSuccess: (answer) => session.begin(answer),
  });
}
