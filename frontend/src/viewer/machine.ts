/** The life of the viewer, as one table: state → event → next state. What is absent is refused. */

export type State =
  | "ready" // the card: what is needed to connect
  | "connecting" // the first time, nothing on screen yet
  | "asking" // the PC wants a password in the middle of the handshake (VNC)
  | "live"
  | "interrupted" // cut; waiting for the next attempt
  | "returning" // an attempt to come back is running
  | "ended";

export type Event =
  | "connect"
  | "first_image"
  | "credentials_required"
  | "credentials_given"
  | "credentials_refused"
  | "cut"
  | "attempt"
  | "renew" // a new connection on purpose: the PC must redraw at another size
  | "end";

export const TRANSITIONS: Readonly<Record<State, Readonly<Partial<Record<Event, State>>>>> = {
  ready: { connect: "connecting" },
  connecting: {
    first_image: "live",
    credentials_required: "asking",
    credentials_refused: "ready",
    end: "ended",
  },
  asking: { credentials_given: "connecting", credentials_refused: "ready", end: "ended" },
  live: { cut: "interrupted", renew: "returning", end: "ended" },
  interrupted: { attempt: "returning", end: "ended" },
  returning: {
    first_image: "live",
    cut: "interrupted",
    credentials_required: "asking",
    credentials_refused: "ready",
    end: "ended",
  },
  ended: { connect: "connecting" },
};

/** The next state, or null when `event` means nothing in `state` (late news of an old connection). */
export function next(state: State, event: Event): State | null {
  return TRANSITIONS[state][event] ?? null;
}
