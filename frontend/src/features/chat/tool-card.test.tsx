import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { expect, test } from "vitest";

import type { ToolCall } from "@/features/chat/api/types";
import { ToolCard } from "@/features/chat/tool-card";
import { renderWithQueries } from "@/testing/render";
import { server } from "@/testing/server";

const call: ToolCall = {
  call_id: "c1",
  name: "get_bars",
  arguments: { symbol: "AAPL" },
  ok: true,
  duration_ms: 12,
  summary: "500 bars",
};

test("a result that the model did not see whole says how much it lacked", async () => {
  server.use(http.get("/api/chat/v1/conversations/cnv_1/turns/trn_1", () => HttpResponse.json({ tool_calls: [] })));
  renderWithQueries(<ToolCard conversationId="cnv_1" turnId="trn_1" call={{ ...call, left_out_bytes: 5120 }} />);
  await userEvent.click(screen.getByRole("button", { name: /Get bars/ }));
  expect(screen.getByRole("note")).toHaveTextContent("5 KB of this result were not shown to the model");
});

test("one that it saw whole says nothing of it", async () => {
  server.use(http.get("/api/chat/v1/conversations/cnv_1/turns/trn_1", () => HttpResponse.json({ tool_calls: [] })));
  renderWithQueries(<ToolCard conversationId="cnv_1" turnId="trn_1" call={call} />);
  await userEvent.click(screen.getByRole("button", { name: /Get bars/ }));
  expect(screen.queryByRole("note")).not.toBeInTheDocument();
});
