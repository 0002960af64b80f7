import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { expect, test, vi } from "vitest";

import { ShareDialog } from "@/features/chat/share-dialog";
import { SharedPage } from "@/features/chat/shared-page";
import type { ShareBody } from "@/lib/api/gen/chat/types.gen";
import { renderWithQueries } from "@/testing/render";
import { server } from "@/testing/server";

const path = "/api/chat/v1/conversations/cnv_1/shares";

/** A chat service that keeps links. */
function serveShares(): { asked: unknown[] } {
  let links: ShareBody[] = [];
  const asked: unknown[] = [];
  server.use(
    http.get(path, () => HttpResponse.json({ items: links, next_page_token: "" })),
    http.post(path, async ({ request }) => {
      asked.push(await request.json());
      const made = {
        id: "shr_1",
        title: "Savings",
        turns: 2,
        created_at: "2026-11-22T10:00:00Z",
        expires_at: "2026-12-22T10:00:00Z",
      };
      links = [made];
      return HttpResponse.json({ ...made, token: "shr_1_secret" }, { status: 201 });
    }),
    http.delete(`${path}/shr_1`, () => {
      links = [];
      return new HttpResponse(null, { status: 204 });
    }),
  );
  return { asked };
}

test("a link is made for a time, copied, listed and revoked", async () => {
  const { asked } = serveShares();
  const user = userEvent.setup();
  renderWithQueries(<ShareDialog conversationId="cnv_1" title="Savings" onClose={vi.fn()} />);
  expect(await screen.findByText("There are no links to it.")).toBeVisible();

  await user.selectOptions(screen.getByLabelText("The link ends after"), "30 days");
  await user.click(screen.getByRole("button", { name: "Make a link" }));

  expect(await screen.findByLabelText("The new link")).toHaveValue(`${window.location.origin}/shared#shr_1_secret`);
  expect(asked).toEqual([{ expires_in_days: 30 }]);
  await user.click(screen.getByRole("button", { name: "Copy" }));
  expect(await screen.findByRole("button", { name: "Copied" })).toBeVisible();
  expect(await navigator.clipboard.readText()).toBe(`${window.location.origin}/shared#shr_1_secret`);

  const links = await screen.findByRole("list", { name: "Links" });
  expect(within(links).getByText(/^2 answers, made /)).toBeVisible();
  await user.click(within(links).getByRole("button", { name: /^Revoke the link made / }));
  expect(await screen.findByText("There are no links to it.")).toBeVisible();
});

test("whoever holds a link reads the conversation without signing in", async () => {
  let seen: Headers | undefined;
  server.use(
    http.get("/api/chat/v1/shared", ({ request }) => {
      seen = request.headers;
      return HttpResponse.json({
        title: "Savings",
        shared_at: "2026-11-22T10:00:00Z",
        expires_at: "2026-12-22T10:00:00Z",
        turns: [
          {
            question: "What is it worth?",
            text: "It is worth **$9,493.20** [1].",
            state: "completed",
            model: "offline-analyst",
            created_at: "2026-11-22T09:00:00Z",
            receipts: [{ span: [14, 23], value: "$9,493.20", status: "matched" }],
          },
        ],
      });
    }),
  );
  renderWithQueries(<SharedPage token="shr_1_secret" />);

  const article = await screen.findByRole("article", { name: "Answer to: What is it worth?" });
  expect(within(article).getByText("$9,493.20").tagName).toBe("STRONG");
  expect(within(article).getByText(/1 of 1 figures backed by a result$/)).toBeVisible();
  expect(within(article).queryByRole("button")).toBeNull();
  expect(screen.getByRole("heading", { name: "Savings" })).toBeVisible();
  expect(seen?.get("share-token")).toBe("shr_1_secret");
  expect(seen?.get("authorization")).toBeNull();
});

test("a link that has ended says so", async () => {
  server.use(
    http.get("/api/chat/v1/shared", () =>
      HttpResponse.json({ status: 404, reason: "SHARE_NOT_FOUND", detail: "gone" }, { status: 404 }),
    ),
  );
  renderWithQueries(<SharedPage token="shr_2_secret" />);
  expect(await screen.findByText("This link shows nothing")).toBeVisible();
});
