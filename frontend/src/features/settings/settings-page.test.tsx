import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { expect, test } from "vitest";

import type { NewSettings, Settings } from "@/features/settings/api/settings";
import { SettingsPage } from "@/features/settings/settings-page";
import { renderWithQueries } from "@/testing/render";
import { server } from "@/testing/server";

const path = "/api/stock/v1/notification-settings";

function someSettings(part: Partial<Settings> = {}): Settings {
  return {
    email: false,
    email_address: null,
    email_confirmed: false,
    webhook: null,
    quiet_hours: null,
    kinds: ["alert", "analysis"],
    version: 4,
    ...part,
  };
}

function serve(settings: Settings): { bodies: NewSettings[]; versions: (string | null)[] } {
  const seen: { bodies: NewSettings[]; versions: (string | null)[] } = { bodies: [], versions: [] };
  server.use(
    http.get(path, () => HttpResponse.json(settings)),
    http.put(path, async ({ request }) => {
      const body = (await request.json()) as NewSettings;
      seen.bodies.push(body);
      seen.versions.push(request.headers.get("if-match"));
      Object.assign(settings, {
        ...body,
        email_address: body.email_address ?? settings.email_address,
        webhook: body.webhook == null ? null : { url: body.webhook.url, enabled: body.webhook.enabled, secret: null },
        version: settings.version + 1,
      });
      const shown = settings.webhook === null ? null : { ...settings.webhook, secret: "whsec_abc" };
      return HttpResponse.json({ ...settings, webhook: shown });
    }),
  );
  return seen;
}

test("settings that cannot be loaded can be tried again", async () => {
  serve(someSettings());
  server.use(http.get(path, () => HttpResponse.json({ detail: "not now" }, { status: 500 }), { once: true }));
  renderWithQueries(<SettingsPage />);
  expect(await screen.findByText("not now")).toBeVisible();
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByRole("form", { name: "Notification settings" })).toBeVisible();
});

test("a webhook's secret is shown once, with quiet hours and kinds saved beside it", async () => {
  const seen = serve(someSettings());
  const { queryClient } = renderWithQueries(<SettingsPage />);
  await userEvent.click(await screen.findByRole("checkbox", { name: "Call a webhook" }));
  await userEvent.type(screen.getByRole("textbox", { name: "Webhook URL" }), "https://example.com/hook");
  await userEvent.click(screen.getByRole("checkbox", { name: "Background reports that are ready or failed" }));
  await userEvent.click(screen.getByRole("checkbox", { name: /^Quiet hours/ }));
  await userEvent.selectOptions(screen.getByRole("combobox", { name: "Time zone" }), "Europe/Zurich");
  await userEvent.click(screen.getByRole("button", { name: "Save settings" }));
  expect(await screen.findByLabelText("Webhook secret")).toHaveTextContent("whsec_abc");
  expect(seen.versions).toEqual(['"4"']);
  expect(seen.bodies).toEqual([
    {
      email: false,
      webhook: { url: "https://example.com/hook", enabled: true },
      quiet_hours: { start: "22:00", end: "07:00", time_zone: "Europe/Zurich" },
      kinds: ["alert"],
    },
  ]);
  expect(JSON.stringify(queryClient.getQueryData(["notification-settings"]))).not.toContain("whsec_");
  await userEvent.click(screen.getByRole("button", { name: "I have kept it" }));
  expect(screen.queryByText("whsec_abc")).toBeNull();
});

test("a new address asks for its code; a wrong one is refused at the field", async () => {
  const settings = someSettings();
  serve(settings);
  server.use(
    http.post(`${path}\\:confirm`, async ({ request }) => {
      const { code } = (await request.json()) as { code: string };
      if (code !== "12345678")
        return HttpResponse.json({ reason: "CODE_REFUSED", detail: "That is not the code." }, { status: 409 });
      Object.assign(settings, { email_confirmed: true });
      return HttpResponse.json(settings);
    }),
  );
  renderWithQueries(<SettingsPage />);
  await userEvent.click(await screen.findByRole("checkbox", { name: "Send e-mail" }));
  await userEvent.type(screen.getByRole("textbox", { name: "E-mail address" }), "me@example.com");
  await userEvent.click(screen.getByRole("button", { name: "Save settings" }));
  const code = await screen.findByRole("textbox", { name: "Code from the e-mail" });
  await userEvent.type(code, "00000000{Enter}");
  expect(await screen.findByText("That is not the code.")).toBeVisible();
  expect(code).toBeInvalid();
  await userEvent.clear(code);
  await userEvent.type(code, "1234 5678{Enter}");
  expect(await screen.findByText("Confirmed")).toBeVisible();
  expect(screen.queryByRole("textbox", { name: "Code from the e-mail" })).toBeNull();
});

test("a refused URL is named at its field, and nothing is lost", async () => {
  serve(someSettings());
  server.use(
    http.put(path, () =>
      HttpResponse.json({ errors: [{ pointer: "/webhook/url", detail: "must be https" }] }, { status: 422 }),
    ),
  );
  renderWithQueries(<SettingsPage />);
  const url = await screen.findByRole("textbox", { name: "Webhook URL" });
  await userEvent.type(url, "http://example.com");
  await userEvent.click(screen.getByRole("button", { name: "Save settings" }));
  expect(await screen.findByText("must be https")).toBeVisible();
  expect(url).toBeInvalid();
  expect(url).toHaveValue("http://example.com");
});

test("a test is sent by what is on", async () => {
  serve(someSettings({ email: true, email_address: "me@example.com", email_confirmed: true }));
  server.use(http.post(`${path}\\:test`, () => HttpResponse.json({ notification_id: "n1" }, { status: 202 })));
  renderWithQueries(<SettingsPage />);
  const card = within(await screen.findByRole("region", { name: "Try it" }));
  expect(card.getByText(/the inbox, e-mail to me@example.com/)).toBeVisible();
  await userEvent.click(card.getByRole("button", { name: "Send a test" }));
  expect(await card.findByText(/^Sent\./)).toBeVisible();
});
