import { expect, test } from "vitest";
import { pictureLevels, RoundTrips, rate, sparkline } from "../src/viewer/link-quality";

test("ratings and the VNC levels they choose", () => {
  expect([10, 89, 90, 219, 220, 900].map(rate)).toEqual(["good", "good", "fair", "fair", "poor", "poor"]);
  for (const rating of ["good", "fair", "poor"] as const) {
    const { quality, compression } = pictureLevels(rating);
    for (const level of [quality, compression]) expect(Number.isInteger(level) && level >= 0 && level <= 9).toBe(true);
  }
});

test("one slow answer does not change the level shown", () => {
  const trips = new RoundTrips();
  expect(trips.current).toBeNull();
  for (const value of [20, 900, 25]) trips.add(value);
  expect(trips.current).toBe(25);
});

test("nonsense is not a measure", () => {
  const trips = new RoundTrips();
  for (const value of [Number.NaN, -1, Number.POSITIVE_INFINITY]) trips.add(value);
  expect(trips.values).toEqual([]);
});

test("the curve stays inside its box", () => {
  const values = Array.from({ length: 16 }, (_, index) => index * 40);
  const points = sparkline(values, 44, 18).split(" ").map((point) => point.split(",").map(Number) as [number, number]);
  expect(points).toHaveLength(16);
  for (const [x, y] of points) {
    expect(x).toBeGreaterThanOrEqual(0);
    expect(x).toBeLessThanOrEqual(44);
    expect(y).toBeGreaterThanOrEqual(0);
    expect(y).toBeLessThanOrEqual(18);
  }
  expect(sparkline([1, 2], 44, 18)).toBe("");
});
