/** From times to figures: pure. */

/** Milliseconds; the middle one of several, or null. */
export function median(values: readonly number[]): number | null {
  const sorted = [...values].filter((value) => Number.isFinite(value) && value >= 0).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}

/** How much the round trips differ: the middle one of the differences between neighbours. */
export function jitter(values: readonly number[]): number {
  const differences = values.slice(1).map((value, index) => Math.abs(value - (values[index] ?? value)));
  return median(differences) ?? 0;
}

/** Bytes that had come, at a time in milliseconds. */
export interface Mark {
  readonly at: number;
  readonly bytes: number;
}

/** Left out of a long download: a connection starts slowly. */
const SLOW_START_MS = 300;

/**
 * Kilobits a second of a download, from the marks left while it came (the first: the request leaves).
 * The start is left out when there is enough after it; `latency` is the way there and back of the request itself.
 */
export function kilobits(marks: readonly Mark[], latency: number): number {
  const first = marks[0];
  const last = marks[marks.length - 1];
  if (!first || !last || last.bytes <= first.bytes) return 0;
  const warm = marks.find((mark) => mark.at - first.at >= SLOW_START_MS);
  if (warm && last.at - warm.at >= SLOW_START_MS && last.bytes > warm.bytes) {
    return Math.round(((last.bytes - warm.bytes) * 8) / (last.at - warm.at));
  }
  return Math.round(((last.bytes - first.bytes) * 8) / Math.max(last.at - first.at - latency, 1));
}

/** What the screen needs of a browser; the module being run at all says the rest. */
export function isFit(scope: { WebAssembly?: unknown; WebSocket?: unknown; ResizeObserver?: unknown }): boolean {
  return [scope.WebAssembly, scope.WebSocket, scope.ResizeObserver].every((each) => each !== undefined);
}
