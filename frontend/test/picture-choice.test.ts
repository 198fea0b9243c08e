import { beforeEach, describe, expect, test } from "vitest";
import { looksSlow, PictureChoice } from "../src/viewer/picture-choice";

const GOOD = { rtt: 30, answer: 60 };
const POOR = { rtt: 400, answer: 700 };
const FULL = { rtt: 30, answer: 2000 };
const MINUTE = 60_000;

let now = 0;
let kept: Record<string, string> = {};
const store = { getItem: (key: string) => kept[key] ?? null, setItem: (key: string, value: string) => void (kept[key] = value) };
const made = (slow = false) => new PictureChoice(store, slow, () => now);

/** A measure every five seconds; how often the picture changed. */
function during(minutes: number, choice: PictureChoice, measure: (index: number) => typeof GOOD): number {
  let changes = 0;
  for (let index = 0; index < minutes * 12; index++, now += 5000) if (choice.add(measure(index))) changes++;
  return changes;
}

beforeEach(() => {
  now = 0;
  kept = {};
});

describe("PictureChoice", () => {
  test("goes light after three poor measures in a row, not after three scattered ones", () => {
    const choice = made();
    expect([POOR, POOR, GOOD, POOR, POOR].map((each) => choice.add(each))).toEqual([false, false, false, false, false]);
    expect(choice.add(POOR)).toBe(true);
    expect(choice.light).toBe(true);
  });

  test("a small answer that waits behind pictures tells a full line, however short the ping", () => {
    const choice = made();
    expect([FULL, FULL, FULL].map((each) => choice.add(each))).toEqual([false, false, true]);
  });

  test("comes back after five minutes at the earliest, and two good minutes in a row", () => {
    const choice = made();
    during(1, choice, () => POOR);
    expect(during(3, choice, () => GOOD)).toBe(0);
    expect(choice.light).toBe(true);
    expect(during(1.5, choice, (index) => (index === 0 ? POOR : GOOD))).toBe(0);
    expect(during(3, choice, () => GOOD)).toBe(1);
    expect(choice.light).toBe(false);
  });

  test("never loops: on a link that is poor whenever the picture is fine, ever fewer changes", () => {
    const choice = made();
    const firstHour = during(60, choice, () => (choice.light ? GOOD : FULL));
    const secondHour = during(60, choice, () => (choice.light ? GOOD : FULL));
    expect(firstHour).toBeLessThanOrEqual(8);
    expect(secondHour).toBeLessThanOrEqual(3);
  });

  test("two changes are never closer than five minutes", () => {
    const choice = made();
    const at: number[] = [];
    for (; now < 120 * MINUTE; now += 5000) if (choice.add(choice.light ? GOOD : POOR)) at.push(now);
    for (let index = 1; index < at.length; index++) expect((at[index] ?? 0) - (at[index - 1] ?? 0)).toBeGreaterThanOrEqual(5 * MINUTE);
    expect(at.length).toBeGreaterThan(2);
  });

  test("what the person chose holds whatever is measured, and is remembered", () => {
    const choice = made();
    expect(choice.choose("light")).toBe(true);
    expect(during(30, choice, () => GOOD)).toBe(0);
    expect(choice.light).toBe(true);
    expect(made().choice).toBe("light");
    expect(choice.choose("comfort")).toBe(true);
    expect(during(30, choice, () => POOR)).toBe(0);
    expect(choice.light).toBe(false);
    expect(choice.choose("auto")).toBe(false);
  });

  test("begins light on a link known to be slow", () => {
    const choice = made(true);
    expect(choice.light).toBe(true);
    expect(during(4, choice, () => GOOD)).toBe(0);
    expect(during(4, choice, () => GOOD)).toBe(1);
  });

  test("a store that is forbidden, or holds nonsense, is no obstacle", () => {
    kept["parvis.picture"] = "jolie";
    expect(made().choice).toBe("auto");
    const forbidden = { getItem: () => { throw new Error(); }, setItem: () => { throw new Error(); } }; // prettier-ignore
    const choice = new PictureChoice(forbidden, false, () => now);
    expect(choice.choose("light")).toBe(true);
    expect(new PictureChoice(null, false).light).toBe(false);
  });
});

describe("looksSlow", () => {
  const download = (size: number, milliseconds: number) => ({ transferSize: size, encodedBodySize: size, responseStart: 0, responseEnd: milliseconds });

  test("by the fastest large download of the page", () => {
    expect(looksSlow([download(1_000_000, 8000)])).toBe(true); // 1 Mbit/s
    expect(looksSlow([download(1_000_000, 8000), download(1_000_000, 800)])).toBe(false);
    expect(looksSlow([download(5_000, 500)])).toBe(false); // says nothing
    expect(looksSlow([{ ...download(1_000_000, 8000), transferSize: 0 }])).toBe(false); // from the cache
    expect(looksSlow([])).toBe(false);
  });

  test("by what the browser knows", () => {
    expect(looksSlow([], { effectiveType: "3g" })).toBe(true);
    expect(looksSlow([], { saveData: true, effectiveType: "4g" })).toBe(true);
    expect(looksSlow([], { effectiveType: "4g" })).toBe(false);
  });
});
