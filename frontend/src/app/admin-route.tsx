import { EmptyState } from "@/components/empty-state";
import { AdminPage } from "@/features/admin/admin-page";
import { useSession } from "@/hooks/use-session";

/** The server refuses others anyway; this only says so without asking it. */
export function AdminRoute() {
  const state = useSession();
  if (state.status !== "signed-in") return null;
  if (!state.user.roles.includes("admin")) {
    return <EmptyState title="This page is for administrators" />;
  }
  return <AdminPage ownId={state.user.id} />;
}
