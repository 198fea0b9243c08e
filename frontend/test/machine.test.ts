import { describe, expect, test } from "vitest";
import { type Event, next, type State, TRANSITIONS } from "../src/viewer/machine";

const STATES = Object.keys(TRANSITIONS) as State[];
const follow = (from: State, ...events: Event[]) => events.reduce<State | null>((state, event) => state && next(state, event), from);

describe("the viewer's life", () => {
  test("a first connection, a cut, a return, an end", () => {
    expect(follow("ready", "connect", "first_image", "cut", "attempt", "cut", "attempt", "first_image", "end")).toBe("ended");
  });

  test("a VNC password asked in the middle", () => {
    expect(follow("ready", "connect", "credentials_required", "credentials_given", "first_image")).toBe("live");
  });

  test("a wrong password leads back to the form, at first and on the way back", () => {
    expect(follow("ready", "connect", "credentials_refused")).toBe("ready");
    expect(follow("live", "cut", "attempt", "credentials_refused")).toBe("ready");
  });

  test("a first connection that fails is not tried again by itself", () => {
    expect(next("connecting", "cut")).toBeNull();
  });

  test("every state except the end can be ended, and every state is reached from ready", () => {
    for (const state of STATES) if (state !== "ready" && state !== "ended") expect(next(state, "end")).toBe("ended");
    const reached = new Set<State>(["ready"]);
    for (const state of reached) for (const to of Object.values(TRANSITIONS[state])) reached.add(to);
    expect([...reached].sort()).toEqual([...STATES].sort());
  });

  test("an ended session hears nothing but a new start", () => {
    expect(Object.keys(TRANSITIONS.ended)).toEqual(["connect"]);
  });
});
