import { BellRing, ChartColumn, Check, Info, Trash2 } from "lucide-react";
import { useState } from "react";

import { ErrorNote } from "@/components/error-note";
import { useDeleteNotification, useReadNotification, type Notification } from "@/features/inbox/api/notifications";
import { DeliveryLog } from "@/features/inbox/delivery-log";
import { classNames } from "@/lib/class-names";
import { formatInstant } from "@/lib/format";

const icons: Record<string, typeof Info> = { alert: BellRing, analysis: ChartColumn };

/** Kinds that are about something the page can show. */
export function canFollow(notification: Notification): boolean {
  return notification.data["alert_id"] !== undefined || notification.data["analysis_id"] !== undefined;
}

type Props = { notification: Notification; onFollow: (notification: Notification) => void };

export function NotificationRow({ notification, onFollow }: Props) {
  const [logOpen, setLogOpen] = useState(false);
  const read = useReadNotification();
  const remove = useDeleteNotification();
  const Icon = icons[notification.kind] ?? Info;
  const { id, title } = notification;
  const failure = read.error ?? remove.error;
  return (
    <li
      className={classNames("rounded-lg px-2 py-2", !notification.read && "bg-accent-soft")}
      aria-label={`${title}${notification.read ? "" : ", unread"}`}
    >
      <div className="flex items-start gap-2.5">
        <Icon
          aria-hidden
          className={classNames("mt-0.5 size-4 shrink-0", notification.read ? "text-muted" : "text-accent")}
        />
        <div className="min-w-0 flex-1">
          {canFollow(notification) ? (
            <button
              type="button"
              onClick={() => {
                if (!notification.read) read.mutate(id);
                onFollow(notification);
              }}
              className={classNames("text-left text-sm hover:underline", !notification.read && "font-medium")}
            >
              {title}
            </button>
          ) : (
            <p className={classNames("text-sm", !notification.read && "font-medium")}>{title}</p>
          )}
          <p className="flex flex-wrap gap-x-3 text-xs text-muted">
            {formatInstant(notification.created_at)}
            <button
              type="button"
              aria-expanded={logOpen}
              aria-label={`Deliveries of ${title}`}
              onClick={() => setLogOpen(!logOpen)}
              className="underline hover:text-ink"
            >
              Deliveries
            </button>
          </p>
        </div>
        {!notification.read && (
          <button
            type="button"
            aria-label={`Mark as read: ${title}`}
            title="Mark as read"
            disabled={read.isPending}
            onClick={() => read.mutate(id)}
            className="rounded p-1.5 text-muted hover:bg-raised hover:text-ink"
          >
            <Check aria-hidden className="size-4" />
          </button>
        )}
        <button
          type="button"
          aria-label={`Delete: ${title}`}
          title="Delete"
          disabled={remove.isPending}
          onClick={() => remove.mutate(id)}
          className="rounded p-1.5 text-muted hover:bg-raised hover:text-loss"
        >
          <Trash2 aria-hidden className="size-4" />
        </button>
      </div>
      {failure !== null && (
        <div className="mt-2">
          <ErrorNote error={failure} />
        </div>
      )}
      {logOpen && <DeliveryLog notificationId={id} />}
    </li>
  );
}
