/** The quality of the link, from round-trip times in milliseconds. */

export type Rating = "good" | "fair" | "poor";

/** Above these, typing is felt to lag, then hinders (measured key → pixel is rtt + 15 to 30 ms). */
const FAIR_FROM_MS = 90;
const POOR_FROM_MS = 220;
const KEPT = 16;

export function rate(rtt: number): Rating {
  return rtt < FAIR_FROM_MS ? "good" : rtt < POOR_FROM_MS ? "fair" : "poor";
}

/** VNC Tight levels, 0–9: JPEG quality and compression effort, for a rating. */
export function pictureLevels(rating: Rating): { quality: number; compression: number } {
  return { good: { quality: 8, compression: 2 }, fair: { quality: 6, compression: 4 }, poor: { quality: 3, compression: 7 } }[
    rating
  ];
}

/** The last measures. The level shown is the median of three: one slow answer changes nothing. */
export class RoundTrips {
  #values: number[] = [];

  add(milliseconds: number): void {
    if (!Number.isFinite(milliseconds) || milliseconds < 0) return;
    this.#values = [...this.#values, milliseconds].slice(-KEPT);
  }

  get values(): readonly number[] {
    return this.#values;
  }

  /** Milliseconds, or null before the first measure. */
  get current(): number | null {
    const last = this.#values.slice(-3).sort((a, b) => a - b);
    return last[Math.floor(last.length / 2)] ?? null;
  }

  clear(): void {
    this.#values = [];
  }
}

/** The points of a sparkline `width` × `height`, newest on the right, 0 ms at the bottom. */
export function sparkline(values: readonly number[], width: number, height: number): string {
  if (values.length < 3) return "";
  const top = Math.max(FAIR_FROM_MS, ...values);
  const step = width / (KEPT - 1);
  const start = width - step * (values.length - 1);
  return values
    .map((value, index) => `${(start + index * step).toFixed(1)},${(height - 1 - (value / top) * (height - 2)).toFixed(1)}`)
    .join(" ");
}
