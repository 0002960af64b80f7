import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { expect, test } from "vitest";

import { RerunButton } from "@/features/chat/rerun-button";
import { renderWithQueries } from "@/testing/render";
import { server } from "@/testing/server";

const path = "/api/chat/v1/conversations/cnv_1/turns/trn_1\\:rerun";

test("an old answer's figures are shown beside today's", async () => {
  const keys: (string | null)[] = [];
  server.use(
    http.post(path, ({ request }) => {
      keys.push(request.headers.get("idempotency-key"));
      return HttpResponse.json(
        {
          id: "rrn_1",
          ran_at: "2026-11-23T10:00:00Z",
          compared: 12,
          changed: 2,
          differences: [
            {
              call_id: "c1",
              tool: "get_holdings",
              path: "$.total",
              old: "9493.20 USD",
              new: "9600.00 USD",
              shown_as: "$9,493.20",
            },
            { call_id: "c1", tool: "get_holdings", path: "$.items[1].weight", old: "0.2", new: null, shown_as: null },
          ],
          failed: { c2: "UNAVAILABLE" },
        },
        { status: 201 },
      );
    }),
  );
  renderWithQueries(<RerunButton conversationId="cnv_1" turnId="trn_1" />);
  await userEvent.click(screen.getByRole("button", { name: "Compare with today" }));

  const dialog = await screen.findByRole("dialog", { name: "The same question today" });
  expect(dialog).toHaveTextContent("2 of 12 figures differ. 1 of the tools could not be asked (UNAVAILABLE).");
  const [, first, second] = within(dialog).getAllByRole("row");
  expect(first).toHaveTextContent("Get holdings $.totalin the answer: $9,493.209493.20 USD9600.00 USD");
  expect(second).toHaveTextContent("Get holdings $.items[1].weight0.2none");
  expect(keys[0]).not.toBeNull();
});

test("a refusal is shown", async () => {
  server.use(
    http.post(path, () =>
      HttpResponse.json({ status: 409, reason: "NOTHING_TO_RERUN", detail: "nothing to ask again" }, { status: 409 }),
    ),
  );
  renderWithQueries(<RerunButton conversationId="cnv_1" turnId="trn_1" />);
  await userEvent.click(screen.getByRole("button", { name: "Compare with today" }));
  expect(await screen.findByText(/nothing to ask again/)).toBeVisible();
});
