import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { expect, test, vi } from "vitest";

import type { Conversation } from "@/features/chat/api/types";
import { ConversationList } from "@/features/chat/conversation-list";
import { renderWithQueries } from "@/testing/render";
import { server } from "@/testing/server";

const path = "/api/chat/v1/conversations";

function aConversation(id: string, title: string): Conversation {
  return {
    id,
    title,
    pinned: false,
    created_at: "2026-11-22T10:00:00Z",
    updated_at: "2026-11-22T10:00:00Z",
    keep: "month",
  };
}

/** A chat service with two conversations that can be changed, searched, exported and deleted. */
function serveConversations(): { searched: string[]; exported: string[] } {
  let items = [aConversation("cnv_1", "Dividends"), aConversation("cnv_2", "Risk of tech")];
  const searched: string[] = [];
  const exported: string[] = [];
  server.use(
    http.get("/api/chat/v1/retention", () => HttpResponse.json({ keep: "month" })),
    http.get(path, ({ request }) => {
      const query = new URL(request.url).searchParams.get("query") ?? "";
      searched.push(query);
      const found = items.filter((item) => item.title.toLowerCase().includes(query));
      return HttpResponse.json({ items: found, next_page_token: "" });
    }),
    http.patch(`${path}/:id`, async ({ request, params }) => {
      const change = (await request.json()) as Partial<Conversation>;
      items = items.map((item) => (item.id === params["id"] ? { ...item, ...change } : item));
      return HttpResponse.json(items.find((item) => item.id === params["id"]));
    }),
    http.delete(`${path}/:id`, ({ params }) => {
      items = items.filter((item) => item.id !== params["id"]);
      return new HttpResponse(null, { status: 204 });
    }),
    http.get(`${path}/:id/export`, ({ request, params }) => {
      exported.push(`${String(params["id"])} ${new URL(request.url).searchParams.get("format") ?? ""}`);
      return new HttpResponse("# Dividends", {
        headers: { "content-disposition": 'attachment; filename="cnv_1.md"', "content-type": "text/markdown" },
      });
    }),
  );
  return { searched, exported };
}

function titles(): string[] {
  return screen.getAllByRole("listitem").map((item) => within(item).getAllByRole("button")[0]?.textContent ?? "");
}

async function choose(conversation: string, entry: string): Promise<void> {
  await userEvent.click(await screen.findByRole("button", { name: `Actions for ${conversation}` }));
  await userEvent.click(await screen.findByRole("menuitem", { name: entry }));
}

test("a conversation is renamed, and one that is pinned stands first", async () => {
  serveConversations();
  renderWithQueries(<ConversationList selectedId={undefined} onSelect={vi.fn()} />);
  await choose("Risk of tech", "Pin");
  expect(await screen.findByLabelText("Pinned")).toBeVisible();
  expect(titles()).toEqual(["Risk of tech", "Dividends"]);

  await choose("Dividends", "Rename");
  const field = await screen.findByLabelText("Title");
  await userEvent.clear(field);
  await userEvent.type(field, "Income");
  await userEvent.click(screen.getByRole("button", { name: "Rename" }));
  expect(await screen.findByRole("button", { name: "Income" })).toBeVisible();
});

test("the one that is shown is deleted once that was confirmed", async () => {
  serveConversations();
  const onSelect = vi.fn();
  renderWithQueries(<ConversationList selectedId="cnv_1" onSelect={onSelect} />);
  await choose("Dividends", "Delete");
  await userEvent.click(await screen.findByRole("button", { name: "Delete conversation" }));
  await waitFor(() => expect(titles()).toEqual(["Risk of tech"]));
  expect(onSelect).toHaveBeenCalledExactlyOnceWith(undefined);
});

test("conversations are searched by what was said", async () => {
  const { searched } = serveConversations();
  renderWithQueries(<ConversationList selectedId={undefined} onSelect={vi.fn()} />);
  await screen.findByRole("button", { name: "Dividends" });
  await userEvent.type(screen.getByLabelText("Search conversations"), "risk");
  await waitFor(() => expect(titles()).toEqual(["Risk of tech"]));
  expect(searched.at(-1)).toBe("risk");
  await userEvent.type(screen.getByLabelText("Search conversations"), "y");
  expect(await screen.findByText("Nothing said contains this")).toBeVisible();
});

test("a conversation is saved as a file", async () => {
  const { exported } = serveConversations();
  const saved: string[] = [];
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (this: HTMLAnchorElement) {
    saved.push(this.download);
  });
  URL.createObjectURL = () => "blob:saved";
  URL.revokeObjectURL = () => undefined;
  renderWithQueries(<ConversationList selectedId={undefined} onSelect={vi.fn()} />);
  await choose("Dividends", "Export as Markdown");
  await waitFor(() => expect(saved).toEqual(["cnv_1.md"]));
  await choose("Dividends", "Export as JSON");
  await waitFor(() => expect(exported).toEqual(["cnv_1 markdown", "cnv_1 json"]));
});
