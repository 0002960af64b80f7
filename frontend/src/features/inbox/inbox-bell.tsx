import { useQuery } from "@tanstack/react-query";
import { Bell } from "lucide-react";
import { useState } from "react";

import { unreadQuery, useInboxChanged, type Notification } from "@/features/inbox/api/notifications";
import { InboxPanel } from "@/features/inbox/inbox-panel";
import { useLiveMessage } from "@/hooks/use-live";

type Props = {
  /** Goes to what a notification is about. */
  onFollow: (notification: Notification) => void;
  onSettings: () => void;
};

/** The bell of the page's head: how many are unread, and the inbox behind it. */
export function InboxBell({ onFollow, onSettings }: Props) {
  const [open, setOpen] = useState(false);
  const unread = useQuery(unreadQuery());
  const changed = useInboxChanged();
  useLiveMessage("notification", () => void changed());
  const count = unread.data?.unread ?? 0;
  const shown = count > 99 ? "99+" : String(count);
  return (
    <>
      <button
        type="button"
        aria-label={count === 0 ? "Notifications" : `Notifications, ${shown} unread`}
        title="Notifications"
        onClick={() => setOpen(true)}
        className="relative rounded-lg p-2 text-muted hover:bg-raised hover:text-ink"
      >
        <Bell aria-hidden className="size-4" />
        {count > 0 && (
          <span
            aria-hidden
            className="absolute -top-0.5 -right-0.5 min-w-4 rounded-full bg-loss px-1 text-center text-[0.625rem] leading-4 font-semibold text-surface"
          >
            {shown}
          </span>
        )}
      </button>
      <span role="status" className="sr-only">
        {count === 0 ? "" : `${shown} unread notifications`}
      </span>
      {open && (
        <InboxPanel
          unread={count}
          onClose={() => setOpen(false)}
          onFollow={(notification) => {
            setOpen(false);
            onFollow(notification);
          }}
          onSettings={() => {
            setOpen(false);
            onSettings();
          }}
        />
      )}
    </>
  );
}
