import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { expect, test, vi } from "vitest";

import type { Notification } from "@/features/inbox/api/notifications";
import { InboxBell } from "@/features/inbox/inbox-bell";
import { renderWithQueries } from "@/testing/render";
import { server } from "@/testing/server";

const path = "/api/stock/v1/notifications";

function aNotification(part: Partial<Notification> = {}): Notification {
  return {
    id: "n1",
    kind: "alert",
    title: "Apple: AAPL is above 240 (now 241.10)",
    read: false,
    created_at: "2024-11-29T18:00:00Z",
    data: { alert_id: "alr_1" },
    ...part,
  };
}

function serve(inbox: Notification[]): void {
  server.use(
    http.get(`${path}\\:unread-count`, () =>
      HttpResponse.json({ unread: inbox.filter(({ read }) => !read).length, at_least: false }),
    ),
    http.get(path, () => HttpResponse.json({ items: inbox, next_page_token: "" })),
    http.post(`${path}\\:read-all`, () => {
      inbox.splice(0, inbox.length, ...inbox.map((each) => ({ ...each, read: true })));
      return HttpResponse.json({ marked: inbox.length });
    }),
    http.post(`${path}/:id\\:read`, ({ params }) => {
      const at = inbox.findIndex(({ id }) => id === params["id"]);
      inbox[at] = aNotification({ ...inbox[at], read: true });
      return HttpResponse.json(inbox[at]);
    }),
    http.delete(`${path}/:id`, ({ params }) => {
      inbox.splice(0, inbox.length, ...inbox.filter(({ id }) => id !== params["id"]));
      return new HttpResponse(null, { status: 204 });
    }),
  );
}

function show() {
  const onFollow = vi.fn();
  const onSettings = vi.fn();
  renderWithQueries(<InboxBell onFollow={onFollow} onSettings={onSettings} />);
  return { onFollow, onSettings };
}

test("an empty inbox says what comes there", async () => {
  serve([]);
  show();
  await userEvent.click(screen.getByRole("button", { name: "Notifications" }));
  expect(await screen.findByText("Nothing yet")).toBeVisible();
  expect(screen.getByRole("button", { name: "Mark all read" })).toBeDisabled();
});

test("an inbox that cannot be loaded can be tried again", async () => {
  serve([aNotification()]);
  server.use(http.get(path, () => HttpResponse.json({ detail: "not now" }, { status: 500 }), { once: true }));
  show();
  await userEvent.click(await screen.findByRole("button", { name: "Notifications, 1 unread" }));
  expect(await screen.findByText("not now")).toBeVisible();
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByRole("listitem", { name: /AAPL is above 240.*unread/ })).toBeVisible();
});

test("the bell counts; one is marked, then all, then one is deleted", async () => {
  serve([aNotification(), aNotification({ id: "n2", title: "Second" }), aNotification({ id: "n3", title: "Third" })]);
  show();
  await userEvent.click(await screen.findByRole("button", { name: "Notifications, 3 unread" }));
  await userEvent.click(await screen.findByRole("button", { name: "Mark as read: Second" }));
  expect(await screen.findByRole("listitem", { name: "Second" })).toBeVisible();
  expect(screen.getByText("2 unread notifications")).toBeInTheDocument();
  await userEvent.click(screen.getByRole("button", { name: "Mark all read" }));
  expect(await screen.findByRole("listitem", { name: "Third" })).toBeVisible();
  await userEvent.click(screen.getByRole("button", { name: "Delete: Third" }));
  await waitFor(() => expect(screen.queryByRole("listitem", { name: "Third" })).toBeNull());
});

test("following a notification marks it as read and closes the inbox", async () => {
  const inbox = [aNotification()];
  serve(inbox);
  const { onFollow } = show();
  await userEvent.click(await screen.findByRole("button", { name: "Notifications, 1 unread" }));
  await userEvent.click(await screen.findByRole("button", { name: "Apple: AAPL is above 240 (now 241.10)" }));
  expect(onFollow).toHaveBeenCalledWith(expect.objectContaining({ data: { alert_id: "alr_1" } }));
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(await screen.findByRole("button", { name: "Notifications" })).toBeVisible();
});

test("the delivery log names each attempt and when the next is due", async () => {
  serve([aNotification()]);
  server.use(
    http.get(`${path}/n1/deliveries`, () =>
      HttpResponse.json({
        items: [
          {
            id: "dlv_1",
            channel: "webhook",
            state: "waiting",
            created_at: "2024-11-29T18:00:00Z",
            next_try_at: "2024-11-29T18:05:00Z",
            attempts: [{ at: "2024-11-29T18:00:01Z", delivered: false, reason: "the receiver is busy", status: 503 }],
          },
        ],
      }),
    ),
  );
  show();
  await userEvent.click(await screen.findByRole("button", { name: "Notifications, 1 unread" }));
  await userEvent.click(await screen.findByRole("button", { name: /^Deliveries of/ }));
  const log = within(await screen.findByRole("list", { name: "Deliveries" }));
  expect(log.getByText("Webhook")).toBeVisible();
  expect(log.getByText(/the receiver is busy \(HTTP 503\)/)).toBeVisible();
  expect(log.getByText(/^next try/)).toBeVisible();
});
