import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { expect, test } from "vitest";

import type { Proposal } from "@/features/chat/api/types";
import { ProposalCard } from "@/features/chat/proposal-card";
import { renderWithQueries } from "@/testing/render";
import { server } from "@/testing/server";

const path = "/api/chat/v1/conversations/cnv_1/proposals/prp_1";
const proposal: Proposal = {
  id: "prp_1",
  tool: "propose_transaction",
  arguments: {},
  summary: "Buy 10 AAPL at 237.33 USD on 2024-11-29 in Broker (Family)",
  expires_at: "2026-11-22T11:00:00Z",
};

test("a proposal is approved, then taken back", async () => {
  server.use(
    http.post(`${path}\\:approve`, () => HttpResponse.json({ ...proposal, state: "approved" })),
    http.post(`${path}\\:undo`, () => HttpResponse.json({ ...proposal, state: "undone" })),
  );
  renderWithQueries(<ProposalCard conversationId="cnv_1" proposal={proposal} />);
  expect(screen.getByRole("status")).toHaveTextContent("Nothing has been written yet.");
  await userEvent.click(screen.getByRole("button", { name: "Approve" }));
  await userEvent.click(await screen.findByRole("button", { name: "Undo" }));
  expect(await screen.findByText("Written, then taken back.")).toBeVisible();
  expect(screen.queryByRole("button")).toBeNull();
});

test("a refusal is shown and the proposal can still be rejected", async () => {
  server.use(
    http.post(`${path}\\:approve`, () =>
      HttpResponse.json(
        {
          type: "about:blank",
          title: "Failed precondition",
          status: 409,
          detail: "only 40 are held",
          reason: "SHORT_SALE",
        },
        { status: 409 },
      ),
    ),
    http.post(`${path}\\:reject`, () => HttpResponse.json({ ...proposal, state: "rejected" })),
  );
  renderWithQueries(<ProposalCard conversationId="cnv_1" proposal={proposal} />);
  await userEvent.click(screen.getByRole("button", { name: "Approve" }));
  expect(await screen.findByText(/only 40 are held/)).toBeVisible();
  await userEvent.click(screen.getByRole("button", { name: "Reject" }));
  expect(await screen.findByText(/You rejected this/)).toBeVisible();
});

test("a watch speaks of an alert, not of the ledger", async () => {
  const watch = { ...proposal, tool: "propose_watch", summary: "Tell me when AAPL is above 240" };
  server.use(
    http.post(`${path}\\:approve`, () => HttpResponse.json({ ...watch, state: "approved" })),
    http.post(`${path}\\:undo`, () => HttpResponse.json({ ...watch, state: "undone" })),
  );
  renderWithQueries(<ProposalCard conversationId="cnv_1" proposal={watch} />);
  expect(screen.getByText("Tell me when AAPL is above 240")).toBeVisible();
  expect(screen.getByRole("status")).toHaveTextContent("No alert has been set yet.");
  await userEvent.click(screen.getByRole("button", { name: "Approve" }));
  expect(await screen.findByText("The alert is set; it stands under Alerts.")).toBeVisible();
  await userEvent.click(screen.getByRole("button", { name: "Undo" }));
  expect(await screen.findByText("The alert was set, then removed.")).toBeVisible();
});

test("a kind that the page does not know is decided all the same", () => {
  renderWithQueries(
    <ProposalCard conversationId="cnv_1" proposal={{ ...proposal, tool: "propose_other", state: "approved" }} />,
  );
  expect(screen.getByRole("status")).toHaveTextContent("Written.");
  expect(screen.getByRole("button", { name: "Undo" })).toBeVisible();
});
