import { afterEach, expect, test, vi } from "vitest";
import type { ViewerConfig } from "../src/viewer/config";
import { Portal } from "../src/viewer/portal";

afterEach(() => void vi.unstubAllGlobals());

test("a refused sign-in is told as one code, with the page's token, and nothing that was typed", async () => {
  const fetch = vi.fn(async (_url: string, _init: RequestInit) => new Response(null, { status: 204 }));
  vi.stubGlobal("fetch", fetch);
  await new Portal({ refused_url: "/mon-bureau/1/refused", csrf: "token" } as ViewerConfig).refused("s1", "password_expired");
  expect(fetch).toHaveBeenCalledOnce();
  const [url, init] = fetch.mock.calls[0] ?? ["", {}];
  expect(url).toBe("/mon-bureau/1/refused");
  expect(JSON.parse(String(init.body))).toEqual({ session: "s1", code: "password_expired" });
  expect(init).toMatchObject({ method: "POST", credentials: "same-origin", headers: { "X-CSRFToken": "token" } });
});

test("a page that offers no such address is not asked", async () => {
  const fetch = vi.fn();
  vi.stubGlobal("fetch", fetch);
  await new Portal({ refused_url: "", csrf: "" } as ViewerConfig).refused("s1", "other");
  expect(fetch).not.toHaveBeenCalled();
});
