import { describe, expect, test } from "vitest";
import { delayBefore } from "../src/viewer/backoff";
import { clock, hour, instant } from "../src/viewer/countdown";

describe("delayBefore", () => {
  test("1, 2, 4, 8, then every 10 seconds", () => {
    expect([1, 2, 3, 4, 5, 6, 20].map((attempt) => delayBefore(attempt, 0, 120))).toEqual([1, 2, 4, 8, 10, 10, 10]);
  });

  test("no attempt falls after the grace time", () => {
    expect(delayBefore(5, 110, 120)).toBe(10);
    expect(delayBefore(5, 110.5, 120)).toBeNull();
    expect(delayBefore(1, 0, 0)).toBeNull();
  });

  test("the plan ends for every grace time", () => {
    for (let grace = 0; grace < 400; grace += 7) {
      let elapsed = 0;
      let attempt = 1;
      for (let delay = delayBefore(1, 0, grace); delay !== null; delay = delayBefore(++attempt, elapsed, grace)) elapsed += delay;
      expect(elapsed).toBeLessThanOrEqual(grace);
    }
  });
});

describe("clock", () => {
  test.each([
    [0, "0:00"],
    [-5, "0:00"],
    [6.2, "0:07"],
    [59.01, "1:00"],
    [725, "12:05"],
    [3725, "1:02:05"],
  ])("%s s → %s", (seconds, shown) => expect(clock(seconds)).toBe(shown));
});

test("instants come as Unix seconds or ISO 8601", () => {
  expect(instant(12)).toBe(12);
  expect(instant("2026-11-23T17:30:00Z")).toBe(1795455000);
  expect(instant("soon")).toBeNull();
  expect(instant(null)).toBeNull();
});

test("hours are those of Paris, winter and summer", () => {
  expect(hour(1795455000)).toBe("18:30");
  expect(hour(Date.parse("2026-07-01T16:30:00Z") / 1000)).toBe("18:30");
});
