import { useInfiniteQuery } from "@tanstack/react-query";
import { CheckCheck, Settings2 } from "lucide-react";

import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { EmptyState } from "@/components/empty-state";
import { ErrorNote } from "@/components/error-note";
import { Spinner } from "@/components/spinner";
import { notificationsQuery, useReadAll, type Notification } from "@/features/inbox/api/notifications";
import { NotificationRow } from "@/features/inbox/notification-row";

type Props = {
  unread: number;
  onFollow: (notification: Notification) => void;
  onSettings: () => void;
  onClose: () => void;
};

export function InboxPanel({ unread, onFollow, onSettings, onClose }: Props) {
  const notifications = useInfiniteQuery(notificationsQuery());
  const readAll = useReadAll();
  return (
    <Dialog title="Notifications" description="Of the last ninety days" placement="panel" onClose={onClose}>
      <div className="flex flex-wrap justify-between gap-2">
        <Button size="small" disabled={unread === 0} busy={readAll.isPending} onClick={() => readAll.mutate()}>
          <CheckCheck aria-hidden className="size-3.5" />
          Mark all read
        </Button>
        <Button size="small" variant="quiet" onClick={onSettings}>
          <Settings2 aria-hidden className="size-3.5" />
          E-mail, webhook, quiet hours
        </Button>
      </div>
      {readAll.isError && <ErrorNote error={readAll.error} />}
      {notifications.isPending && <Spinner label="Loading notifications" />}
      {notifications.isError && <ErrorNote error={notifications.error} onRetry={() => void notifications.refetch()} />}
      {notifications.isSuccess && notifications.data.length === 0 && (
        <EmptyState title="Nothing yet">Alerts that fire and reports that are ready appear here.</EmptyState>
      )}
      {notifications.isSuccess && notifications.data.length > 0 && (
        <ul aria-label="Notifications" className="-mx-2 flex flex-col gap-1">
          {notifications.data.map((notification) => (
            <NotificationRow key={notification.id} notification={notification} onFollow={onFollow} />
          ))}
        </ul>
      )}
      {notifications.hasNextPage && (
        <Button size="small" busy={notifications.isFetchingNextPage} onClick={() => void notifications.fetchNextPage()}>
          Show more
        </Button>
      )}
    </Dialog>
  );
}
