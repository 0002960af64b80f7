import { useLocation } from "@tanstack/react-router";

import { SharedPage } from "@/features/chat/shared-page";

/** The link's token stands behind the #, which browsers send to nobody. */
export function SharedRoute() {
  const token = useLocation({ select: (location) => location.hash });
  return <SharedPage token={token} />;
}
