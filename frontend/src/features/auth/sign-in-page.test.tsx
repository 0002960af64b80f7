import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { expect, test } from "vitest";

import { SignInPage } from "@/features/auth/sign-in-page";
import { session } from "@/lib/api/session";
import { aSignIn } from "@/testing/factories";
import { renderWithQueries } from "@/testing/render";
import { server } from "@/testing/server";

async function fillIn(): Promise<void> {
  await userEvent.type(screen.getByRole("textbox", { name: "Email" }), "demo@stocktool.local");
  await userEvent.type(screen.getByLabelText("Password"), " with blanks ");
}

test("signs in with what was typed, blanks of the password included", async () => {
  let body: unknown;
  server.use(
    http.post("/api/auth/v1/login", async ({ request }) => {
      body = await request.json();
      return HttpResponse.json(aSignIn());
    }),
  );
  renderWithQueries(<SignInPage expired={false} />);
  await fillIn();
  await userEvent.click(screen.getByRole("button", { name: "Sign in" }));
  expect(body).toEqual({ email: "demo@stocktool.local", password: " with blanks " });
  expect(session.getState().status).toBe("signed-in");
});

test("wrong credentials are said once and do not ask for a refresh", async () => {
  server.use(
    http.post("/api/auth/v1/login", () =>
      HttpResponse.json({ detail: "Email or password is wrong.", reason: "INVALID_CREDENTIALS" }, { status: 401 }),
    ),
  );
  renderWithQueries(<SignInPage expired={false} />);
  await fillIn();
  await userEvent.click(screen.getByRole("button", { name: "Sign in" }));
  expect(await screen.findByRole("alert")).toHaveTextContent("Email or password is wrong.");
});

test("a refused field is named at the field", async () => {
  server.use(
    http.post("/api/auth/v1/register", () =>
      HttpResponse.json({ errors: [{ pointer: "/password", detail: "Too common." }] }, { status: 422 }),
    ),
  );
  renderWithQueries(<SignInPage expired={false} />);
  await userEvent.click(screen.getByRole("button", { name: "Create an account" }));
  await userEvent.type(screen.getByLabelText("Name"), "Ada");
  await fillIn();
  await userEvent.click(screen.getByRole("button", { name: "Create account" }));
  expect(await screen.findByText("Too common.")).toBeVisible();
  expect(screen.getByLabelText("Password")).toHaveAccessibleDescription("Too common.");
  expect(screen.getByLabelText("Password")).toBeInvalid();
});
