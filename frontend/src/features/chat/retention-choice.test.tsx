import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { expect, test } from "vitest";

import { RetentionChoice } from "@/features/chat/retention-choice";
import { renderWithQueries } from "@/testing/render";
import { server } from "@/testing/server";

/** A chat service that keeps the choice. */
function serveRetention(): { chosen: unknown[] } {
  let keep = "month";
  const chosen: unknown[] = [];
  server.use(
    http.get("/api/chat/v1/retention", () => HttpResponse.json({ keep })),
    http.put("/api/chat/v1/retention", async ({ request }) => {
      const body = (await request.json()) as { keep: string };
      chosen.push(body);
      keep = body.keep;
      return HttpResponse.json({ keep });
    }),
  );
  return { chosen };
}

test("a longer time is chosen at once, a shorter one once that was confirmed", async () => {
  const { chosen } = serveRetention();
  renderWithQueries(<RetentionChoice />);
  const field = await screen.findByLabelText("Conversations are kept");
  expect(field).toHaveDisplayValue("30 days");

  await userEvent.selectOptions(field, "for ever");
  expect(await screen.findByDisplayValue("for ever")).toBeVisible();
  await userEvent.selectOptions(field, "24 hours (private)");
  expect(chosen).toEqual([{ keep: "forever" }]);
  await userEvent.click(await screen.findByRole("button", { name: "Cancel" }));
  expect(field).toHaveDisplayValue("for ever");

  await userEvent.selectOptions(field, "24 hours (private)");
  await userEvent.click(await screen.findByRole("button", { name: "Keep for 24 hours" }));
  expect(await screen.findByDisplayValue("24 hours (private)")).toBeVisible();
  expect(chosen).toEqual([{ keep: "forever" }, { keep: "day" }]);
});
