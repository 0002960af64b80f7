import type { LoginAnswer, RegisterAnswer, UserModel } from "@/lib/api/gen/auth/types.gen";

export type User = UserModel;
export type LoginResponse = LoginAnswer;
export type RegisterResponse = RegisterAnswer;
