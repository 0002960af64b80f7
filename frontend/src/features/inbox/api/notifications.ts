import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { api } from "@/lib/api/client";
import type {
  DeliveryList,
  MarkedModel,
  NotificationList,
  NotificationModel,
  UnreadModel,
} from "@/lib/api/gen/stock/types.gen";
import { live } from "@/lib/live";

const path = "/api/stock/v1/notifications";
const keys = ["notifications"] as const;

/** The socket tells of each notification; without it the inbox is asked, and now and then with it too. */
const pollMs = { live: 120_000, alone: 10_000 } as const;

function pollEvery(): number {
  return live.getStatus() === "live" ? pollMs.live : pollMs.alone;
}

export type Notification = NotificationModel;

export function notificationsQuery() {
  return infiniteQueryOptions({
    queryKey: [...keys, "list"],
    queryFn: ({ pageParam, signal }) =>
      api<NotificationList>(path, { query: { page_size: 30, page_token: pageParam }, signal }),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_page_token || undefined,
    select: (data) => data.pages.flatMap((page) => page.items),
    refetchInterval: pollEvery,
  });
}

export function unreadQuery() {
  return queryOptions({
    queryKey: [...keys, "unread"],
    queryFn: ({ signal }) => api<UnreadModel>(`${path}:unread-count`, { signal }),
    refetchInterval: pollEvery,
  });
}

/** How a notification left by e-mail and webhook; asked again while an attempt is due. */
export function deliveriesQuery(notificationId: string) {
  return queryOptions({
    queryKey: [...keys, "deliveries", notificationId],
    queryFn: ({ signal }) => api<DeliveryList>(`${path}/${notificationId}/deliveries`, { signal }),
    select: (list) => list.items,
    refetchInterval: ({ state }) =>
      state.data?.items.some((delivery) => delivery.state === "waiting") === true ? 5_000 : false,
  });
}

export function useInboxChanged(): () => Promise<void> {
  const queryClient = useQueryClient();
  return () => queryClient.invalidateQueries({ queryKey: keys });
}

export function useReadNotification() {
  return useMutation({
    mutationFn: (id: string) => api<Notification>(`${path}/${id}:read`, { method: "POST" }),
    onSuccess: useInboxChanged(),
  });
}

export function useReadAll() {
  return useMutation({
    mutationFn: () => api<MarkedModel>(`${path}:read-all`, { method: "POST" }),
    onSuccess: useInboxChanged(),
  });
}

export function useDeleteNotification() {
  return useMutation({
    mutationFn: (id: string) => api<undefined>(`${path}/${id}`, { method: "DELETE" }),
    onSuccess: useInboxChanged(),
  });
}
