import { useNavigate, useSearch } from "@tanstack/react-router";

import { WatchPage } from "@/features/watch/watch-page";

/** Keeps the open alert in the address, so that its notification can link to it. */
export function WatchRoute() {
  const { alert } = useSearch({ from: "/watch" });
  const navigate = useNavigate();
  return (
    <WatchPage
      openedAlertId={alert}
      onOpenAlert={(id) => void navigate({ to: "/watch", search: id === undefined ? {} : { alert: id } })}
    />
  );
}
