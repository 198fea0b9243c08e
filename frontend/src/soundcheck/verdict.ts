/** From what was found to what is advised. Pure. */

export type Finding = "good" | "bad" | "untried";

export interface Findings {
  readonly sound: Finding;
  readonly mic: Finding;
  readonly net: Finding;
}

export type Verdict = "verdict.ready" | "verdict.listen" | "verdict.phone";

/** By browser, by browser without speaking, or by telephone. */
export function verdict(found: Findings): Verdict {
  if (found.net === "bad" || found.sound === "bad") return "verdict.phone";
  return found.mic === "bad" ? "verdict.listen" : "verdict.ready";
}

export const complete = (found: Findings): boolean => Object.values(found).every((each) => each !== "untried");

/** Above this, people speak over each other. */
export const SLOW_MS = 300;
/** One in twenty lost is heard. */
export const LOSSY = 0.05;

export type Network = { kind: "good" | "slow"; ms: number } | { kind: "lossy" | "down" };

/** Of `sent` questions to the echo, the delays of those that came back in time. */
export function networkOf(sent: number, delays: readonly number[]): Network {
  if (!delays.length) return { kind: "down" };
  const sorted = [...delays].sort((one, other) => one - other);
  const ms = Math.round(sorted[Math.floor(sorted.length / 2)] as number);
  // Over a WebSocket what is lost comes again, late: late counts as lost.
  const late = delays.filter((delay) => delay > ms * 3 + 200).length + (sent - delays.length);
  if (late / Math.max(sent, 1) > LOSSY) return { kind: "lossy" };
  return { kind: ms > SLOW_MS ? "slow" : "good", ms };
}
