/** When to try again: after a cut, or when the way to a first picture was not ready. */

const FIRST_DELAYS = [1, 2, 4, 8];
const LATER_DELAY = 10;

/**
 * Seconds to wait before attempt number `attempt` (1 = the first), or null when the attempt would
 * come after the grace time: `elapsed` seconds since the cut, `grace` seconds in all.
 */
export function delayBefore(attempt: number, elapsed: number, grace: number): number | null {
  const delay = FIRST_DELAYS[attempt - 1] ?? LATER_DELAY;
  return elapsed + delay <= grace ? delay : null;
}

const OPENING_DELAYS = [1, 2, 4];

/** Seconds to wait before trying to open again, for the `attempt`-th time (1 = the first); null: no more. */
export function delayOfOpening(attempt: number): number | null {
  return OPENING_DELAYS[attempt - 1] ?? null;
}
