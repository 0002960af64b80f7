import { useNavigate } from "@tanstack/react-router";

import { InboxBell } from "@/features/inbox/inbox-bell";

/** The bell, and the pages its notifications lead to. */
export function InboxCorner() {
  const navigate = useNavigate();
  return (
    <InboxBell
      onSettings={() => void navigate({ to: "/settings" })}
      onFollow={({ data }) => {
        const { alert_id: alert, analysis_id: analysis } = data;
        if (alert !== undefined) void navigate({ to: "/watch", search: { alert } });
        else if (analysis !== undefined) void navigate({ to: "/reports", search: { analysis } });
      }}
    />
  );
}
