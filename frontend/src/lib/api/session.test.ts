import { http, HttpResponse } from "msw";
import { afterEach, expect, test, vi } from "vitest";

import { ApiError } from "@/lib/api/api-error";
import { api } from "@/lib/api/client";
import { session } from "@/lib/api/session";
import { aSignIn } from "@/testing/factories";
import { server } from "@/testing/server";

afterEach(async () => {
  server.use(http.post("/api/auth/v1/logout", () => new HttpResponse(null, { status: 204 })));
  await session.signOut();
});

test("a reload restores the session from the cookie", async () => {
  server.use(http.post("/api/auth/v1/refresh", () => HttpResponse.json(aSignIn({ access_token: "restored" }))));
  await session.restore();
  expect(session.getState()).toMatchObject({ status: "signed-in", user: { email: "demo@stocktool.local" } });
  expect(session.accessToken).toBe("restored");
});

test("without a good cookie nobody is signed in, and that is no expiry", async () => {
  server.use(http.post("/api/auth/v1/refresh", () => HttpResponse.json({}, { status: 401 })));
  await session.restore();
  expect(session.getState()).toEqual({ status: "signed-out", expired: false });
});

test("an unreachable server is not a sign-out", async () => {
  server.use(http.post("/api/auth/v1/refresh", () => HttpResponse.error()));
  await session.restore();
  expect(session.getState()).toMatchObject({ status: "unreachable" });
});

test("calls that meet a 401 share one refresh and go through with the new token", async () => {
  session.begin(aSignIn({ access_token: "old" }));
  const refreshed = vi.fn();
  server.use(
    http.post("/api/auth/v1/refresh", () => {
      refreshed();
      return HttpResponse.json(aSignIn({ access_token: "new" }));
    }),
    http.get("/api/thing", ({ request }) =>
      request.headers.get("authorization") === "Bearer new"
        ? HttpResponse.json({ fine: true })
        : HttpResponse.json({}, { status: 401 }),
    ),
  );
  const answers = await Promise.all([api("/api/thing"), api("/api/thing")]);
  expect(answers).toEqual([{ fine: true }, { fine: true }]);
  expect(refreshed).toHaveBeenCalledOnce();
});

test("a refused refresh ends the session and the call fails with its 401", async () => {
  session.begin(aSignIn());
  server.use(
    http.post("/api/auth/v1/refresh", () => HttpResponse.json({}, { status: 401 })),
    http.get("/api/thing", () => HttpResponse.json({}, { status: 401 })),
  );
  await expect(api("/api/thing")).rejects.toMatchObject({ status: 401 });
  expect(session.getState()).toEqual({ status: "signed-out", expired: true });
});

test("a problem document becomes one error with its fields", async () => {
  server.use(
    http.post("/api/thing", () =>
      HttpResponse.json(
        {
          type: "urn:stocktool:problem:invalid-argument",
          title: "Invalid",
          detail: "One field is wrong.",
          reason: "INVALID_ARGUMENT",
          trace_id: "abc",
          errors: [{ pointer: "/items/0/symbol", detail: "no such symbol" }],
        },
        { status: 422 },
      ),
    ),
  );
  const error: unknown = await api("/api/thing", { method: "POST", body: {} }).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({
    status: 422,
    reason: "INVALID_ARGUMENT",
    message: "One field is wrong.",
    traceId: "abc",
  });
  expect((error as ApiError).field("symbol")).toBe("no such symbol");
  expect((error as ApiError).field("price")).toBeUndefined();
});
