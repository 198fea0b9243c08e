import { expect, test } from "vitest";
import { desktopSize, differs, fitted } from "../src/viewer/desktop-size";

test("the desktop takes the room there is, in multiples the codecs like", () => {
  expect(desktopSize({ width: 1441, height: 855 })).toEqual({ width: 1440, height: 854 });
});

test("a phone gets a workable desktop, a wall of screens a bounded one", () => {
  expect(desktopSize({ width: 390, height: 760 })).toEqual({ width: 1024, height: 760 });
  expect(desktopSize({ width: 9000, height: 5000 })).toEqual({ width: 4096, height: 2304 });
});

test("the picture fits without losing its shape", () => {
  expect(fitted({ width: 1024, height: 768 }, { width: 512, height: 600 })).toEqual({ width: 512, height: 384 });
});

test("small differences are scaled", () => {
  expect(differs({ width: 1440, height: 854 }, { width: 1430, height: 850 })).toBe(false);
  expect(differs({ width: 1440, height: 854 }, { width: 1200, height: 854 })).toBe(true);
});
