import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";

import { Shell } from "@/app/shell";
import { ErrorNote } from "@/components/error-note";
import { Spinner } from "@/components/spinner";
import { SignInPage } from "@/features/auth/sign-in-page";
import { useSession } from "@/hooks/use-session";
import { session } from "@/lib/api/session";
import { live } from "@/lib/live";

/** Lets nobody past without a session, and ties the socket and the cache to it. */
export function Gate() {
  const state = useSession();
  const queryClient = useQueryClient();
  const userId = state.status === "signed-in" ? state.user.id : undefined;

  useEffect(() => {
    if (userId === undefined) return undefined;
    live.open();
    const stopRenewing = session.subscribe(() => live.renew());
    return () => {
      stopRenewing();
      live.close();
      // Nothing of one person may greet the next.
      queryClient.clear();
    };
  }, [userId, queryClient]);

  switch (state.status) {
    case "restoring":
      return <Spinner label="Restoring your session" />;
    case "unreachable":
      return (
        <main className="mx-auto max-w-md p-6">
          <ErrorNote error={state.error} onRetry={() => void session.restore()} />
        </main>
      );
    case "signed-out":
      return <SignInPage expired={state.expired} />;
    case "signed-in":
      return <Shell user={state.user} />;
  }
}
