/**
 * Fine or light picture: what the person chose, or what the measures of the link say, with hysteresis.
 *
 * A change may mean a new connection (RDP): it takes several poor measures in a row to go light, minutes of good
 * ones to come back, and the longer the more often coming back has failed. Times are milliseconds.
 */
import { rate } from "./link-quality";

export type Choice = "auto" | "comfort" | "light";
export const CHOICES: readonly Choice[] = ["auto", "comfort", "light"];

/** One look at the link: the gateway's ping, and how long a small answer of the portal took. */
export interface Measure {
  rtt: number;
  answer: number;
}

/** A small answer that takes this long waits behind pictures: the line is full. */
const FULL_FROM_MS = 1500;
const POOR_IN_A_ROW = 3;
const GOOD_FOR_MS = 120_000;
const BETWEEN_CHANGES_MS = 300_000;
const LONGEST_WAIT_MS = 3_600_000;
/** Megabits a second: below, a fine picture is late as soon as something moves. */
const SLOW_BELOW_MBPS = 2;
/** A smaller download says more about the round trip than about the throughput. */
const TELLING_BYTES = 150_000;
const KEY = "parvis.picture";

type Store = Pick<Storage, "getItem" | "setItem">;

export class PictureChoice {
  #choice: Choice;
  #automatic = false;
  #poor = 0;
  #goodSince: number | null = null;
  #changedAt = -Infinity;
  #wait = BETWEEN_CHANGES_MS;

  /** `slow`: the link is known to be slow before the first measure. */
  constructor(
    private readonly store: Store | null,
    slow: boolean,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.#choice = read(store);
    this.#automatic = slow;
    if (slow) this.#changedAt = now();
  }

  get choice(): Choice {
    return this.#choice;
  }

  get light(): boolean {
    return this.#choice === "light" || (this.#choice === "auto" && this.#automatic);
  }

  /** Remembers the person's choice in this browser. True: the picture changes. */
  choose(choice: Choice): boolean {
    const before = this.light;
    this.#choice = choice;
    try {
      this.store?.setItem(KEY, choice);
    } catch {
      // A browser that keeps nothing: the choice lasts as long as the page.
    }
    if (before !== this.light) this.#changed();
    return before !== this.light;
  }

  /** Takes a measure. True: the picture changes now. */
  add({ rtt, answer }: Measure): boolean {
    const poor = rate(rtt) === "poor" || answer >= FULL_FROM_MS;
    this.#poor = poor ? this.#poor + 1 : 0;
    this.#goodSince = poor ? null : (this.#goodSince ?? this.now());
    if (this.#choice !== "auto") return false;
    if (this.now() - this.#changedAt < (this.#automatic ? this.#wait : BETWEEN_CHANGES_MS)) return false;
    if (this.#automatic ? !this.#goodLongEnough() : this.#poor < POOR_IN_A_ROW) return false;
    // Light again after having come back: the next attempt to come back waits longer.
    if (!this.#automatic && this.#changedAt > -Infinity) this.#wait = Math.min(2 * this.#wait, LONGEST_WAIT_MS);
    this.#automatic = !this.#automatic;
    this.#changed();
    return true;
  }

  /** What was measured before a cut says nothing of what comes after it. */
  clear(): void {
    this.#poor = 0;
    this.#goodSince = null;
  }

  #goodLongEnough(): boolean {
    return this.#goodSince !== null && this.now() - this.#goodSince >= GOOD_FOR_MS;
  }

  #changed(): void {
    this.#changedAt = this.now();
    this.clear();
  }
}

function read(store: Store | null): Choice {
  try {
    const kept = store?.getItem(KEY) as Choice;
    return CHOICES.includes(kept) ? kept : "auto";
  } catch {
    return "auto";
  }
}

type Download = Pick<PerformanceResourceTiming, "transferSize" | "encodedBodySize" | "responseStart" | "responseEnd">;

/** Whether the page's own downloads, or the browser, say that the link is slow. Nothing known: it is not. */
export function looksSlow(downloads: readonly Download[], connection?: { saveData?: boolean; effectiveType?: string }): boolean {
  if (connection?.saveData || /2g|3g/.test(connection?.effectiveType ?? "")) return true;
  const speeds = downloads
    .filter((each) => each.transferSize >= TELLING_BYTES && each.responseEnd > each.responseStart)
    .map((each) => (each.encodedBodySize * 8) / 1000 / (each.responseEnd - each.responseStart));
  return speeds.length > 0 && Math.max(...speeds) < SLOW_BELOW_MBPS;
}
