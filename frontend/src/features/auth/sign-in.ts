import { useMutation } from "@tanstack/react-query";

import { api } from "@/lib/api/client";
import type { LoginBodyWritable } from "@/lib/api/gen/auth/types.gen";
import { session } from "@/lib/api/session";
import type { LoginResponse } from "@/lib/api/types";

export type SignInRequest = Pick<LoginBodyWritable, "email" | "password">;

export function signIn(request: SignInRequest): Promise<LoginResponse> {
  return api("/api/auth/v1/login", { method: "POST", body: request, anonymous: true });
}

export function useSignIn() {
  return useMutation({ mutationFn: signIn, onSuccess: (answer) => session.begin(answer) });
}
