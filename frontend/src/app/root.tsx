import { Outlet, useLocation } from "@tanstack/react-router";

import { Gate } from "@/app/gate";

/** Pages for whoever holds a link stand before the gate; everything else behind it. */
export function Root() {
  const isShared = useLocation({ select: (location) => location.pathname === "/shared" });
  return isShared ? <Outlet /> : <Gate />;
}
