import { expect, test } from "vitest";
import { isFit, jitter, kilobits, median } from "../src/connection/figures";

test("one slow answer does not make a slow line", () => {
  expect(median([20, 900, 25])).toBe(25);
  expect(median([])).toBeNull();
  expect(median([Number.NaN, -1])).toBeNull();
  expect(jitter([20, 20, 20, 20, 400])).toBe(0);
  expect(jitter([20])).toBe(0);
});

test("a short download is counted without the way there and back", () => {
  // 125,000 bytes in 150 ms of which 50 are the way: 10 Mbit/s.
  expect(kilobits([{ at: 0, bytes: 0 }, { at: 150, bytes: 125_000 }], 50)).toBe(10_000);
});

test("a long one is counted without its slow start", () => {
  const marks = [
    { at: 0, bytes: 0 },
    { at: 300, bytes: 1_000 },
    { at: 800, bytes: 63_500 },
    { at: 1_300, bytes: 126_000 },
  ];
  expect(kilobits(marks, 40)).toBe(1_000);
});

test("a line that gives nothing, or at once, is a figure all the same", () => {
  expect(kilobits([], 10)).toBe(0);
  expect(kilobits([{ at: 0, bytes: 0 }], 10)).toBe(0);
  expect(kilobits([{ at: 0, bytes: 0 }, { at: 5, bytes: 1000 }], 50)).toBe(8_000);
});

test("what a browser must have", () => {
  const all = { WebAssembly: {}, WebSocket: {}, ResizeObserver: {} };
  expect(isFit(all)).toBe(true);
  for (const name of Object.keys(all)) expect(isFit({ ...all, [name]: undefined })).toBe(false);
});
