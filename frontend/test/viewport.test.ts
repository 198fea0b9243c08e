import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Size } from "../src/viewer/remote-screen";
import type { RemoteSession } from "../src/viewer/session";
import { Viewport } from "../src/viewer/viewport";

const WINDOW: Size = { width: 1440, height: 856 };

/** A window, a PC that takes the size asked for or keeps its own, and what was done to both. */
class World {
  readonly log: string[] = [];
  readonly stage = { clientWidth: WINDOW.width, clientHeight: WINDOW.height };
  readonly viewport: Viewport;
  follows = true;

  constructor(own?: Size) {
    const screen = {
      resize: async (size: Size) => {
        this.log.push(`resize ${size.width}x${size.height}`);
        if (this.follows) this.viewport.desktop = size;
        return this.follows;
      },
    };
    const session = { screen, renew: async () => void this.log.push("renew") };
    this.viewport = new Viewport({} as HTMLElement, this.stage as HTMLElement, () => session as unknown as RemoteSession);
    const asked = this.viewport.ask();
    this.viewport.desktop = own ?? asked;
  }

  async becomes(width: number, height: number): Promise<void> {
    this.stage.clientWidth = width;
    this.stage.clientHeight = height;
    observed();
    await vi.advanceTimersByTimeAsync(5000);
  }
}

let observed: () => void;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("window", globalThis);
  vi.stubGlobal("matchMedia", () => ({ matches: false }));
  vi.stubGlobal("ResizeObserver", class {
    constructor(callback: () => void) {
      observed = callback;
    }
    observe(): void {}
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("a window that stays as it is leaves the connection alone, whatever size the PC has", async () => {
  for (const own of [undefined, { width: 1024, height: 768 }]) {
    const world = new World(own);
    await world.becomes(WINDOW.width, WINDOW.height - 4); // the toolbar moved by a few pixels
    expect(world.log).toEqual([]);
  }
});

test("the PC follows a window that has changed", async () => {
  const world = new World();
  await world.becomes(1200, 700);
  await world.becomes(1200, 700);
  expect(world.log).toEqual(["resize 1200x700"]);
});

test("a PC that cannot follow is connected again at the new size", async () => {
  const world = new World();
  world.follows = false;
  await world.becomes(1200, 700);
  expect(world.log).toEqual(["resize 1200x700", "renew"]);
});

test("a PC that keeps a size of its own is not asked again: its picture is scaled", async () => {
  const world = new World({ width: 1024, height: 768 });
  await world.becomes(1200, 700);
  await world.becomes(1440, 900);
  expect(world.log).toEqual([]);
});

test("small changes add up", async () => {
  const world = new World();
  await world.becomes(1440, 840);
  expect(world.log).toEqual([]);
  await world.becomes(1440, 824);
  expect(world.log).toEqual(["resize 1440x824"]);
});
