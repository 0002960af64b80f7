import { TrendingUp } from "lucide-react";
import { useState } from "react";

import { Button } from "@/components/button";
import { ErrorNote } from "@/components/error-note";
import { TextField } from "@/components/field";
import { useRegister } from "@/features/auth/register";
import { useSignIn } from "@/features/auth/sign-in";
import { ApiError } from "@/lib/api/api-error";
import { textOf } from "@/lib/form";

/** Shown in place of any page while nobody is signed in, so that the address survives the sign-in. */
export function SignInPage({ expired }: { expired: boolean }) {
  const [registering, setRegistering] = useState(false);
  return (
    <main className="grid min-h-dvh place-items-center p-4">
      <div className="w-full max-w-sm">
        <div className="mb-6 flex items-center gap-2.5">
          <span className="grid size-9 place-items-center rounded-lg bg-accent text-accent-ink">
            <TrendingUp aria-hidden className="size-5" />
          </span>
          <div>
            <p className="text-lg leading-tight font-semibold">StockTool</p>
            <p className="text-xs text-muted">Ask about your portfolio. Check every number.</p>
          </div>
        </div>
        <div className="rounded-xl border border-line bg-surface p-5 shadow-sm">
          <h1 className="mb-4 text-lg font-semibold">{registering ? "Create your account" : "Welcome back"}</h1>
          {expired && !registering && (
            <p role="status" className="mb-4 rounded-lg bg-warn-soft px-3 py-2 text-sm text-warn">
              Your session has ended. Sign in to go on where you were.
            </p>
          )}
          {registering ? <RegisterForm /> : <SignInForm />}
          <p className="mt-4 text-center text-sm text-muted">
            {registering ? "Already registered?" : "New here?"}{" "}
            <button
              type="button"
              className="font-medium text-accent underline-offset-2 hover:underline"
              onClick={() => setRegistering(!registering)}
            >
              {registering ? "Use your account" : "Create an account"}
            </button>
          </p>
        </div>
        <p className="mt-4 text-center text-xs text-muted">
          Demo: <span className="font-medium text-ink">demo@stocktool.local</span>, with the password that{" "}
          <code className="rounded bg-raised px-1">make up</code> printed.
        </p>
      </div>
    </main>
  );
}

function SignInForm() {
  const signIn = useSignIn();
  const error = signIn.error;
  const fields = error instanceof ApiError ? error : undefined;
  return (
    <form
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        const data = new FormData(event.currentTarget);
        signIn.mutate({ email: textOf(data, "email"), password: rawText(data, "password") });
      }}
    >
      {error !== null && (fields?.fields.length ?? 0) === 0 && <ErrorNote error={error} />}
      <TextField
        label="Email"
        name="email"
        type="email"
        autoComplete="username"
        required
        autoFocus
        error={fields?.field("email")}
      />
      <TextField
        label="Password"
        name="password"
        type="password"
        autoComplete="current-password"
        required
        error={fields?.field("password")}
      />
      <Button type="submit" variant="primary" busy={signIn.isPending} className="mt-1">
        Sign in
      </Button>
    </form>
  );
}

function RegisterForm() {
  const register = useRegister();
  const error = register.error;
  const fields = error instanceof ApiError ? error : undefined;
  return (
    <form
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        const data = new FormData(event.currentTarget);
        register.mutate({
          email: textOf(data, "email"),
          password: rawText(data, "password"),
          display_name: textOf(data, "display_name"),
        });
      }}
    >
      {error !== null && (fields?.fields.length ?? 0) === 0 && <ErrorNote error={error} />}
      <TextField
        label="Name"
        name="display_name"
        autoComplete="name"
        required
        autoFocus
        error={fields?.field("display_name")}
      />
      <TextField
        label="Email"
        name="email"
        type="email"
        autoComplete="username"
        required
        error={fields?.field("email")}
      />
      <TextField
        label="Password"
        name="password"
        type="password"
        autoComplete="new-password"
        required
        hint="At least 12 characters; a sentence is fine."
        error={fields?.field("password")}
      />
      <Button type="submit" variant="primary" busy={register.isPending} className="mt-1">
        Create account
      </Button>
    </form>
  );
}

/** A password is taken as typed, blanks included. */
function rawText(data: FormData, name: string): string {
  const value = data.get(name);
  return typeof value === "string" ? value : "";
}
