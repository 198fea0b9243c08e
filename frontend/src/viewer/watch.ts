/** Looks after a live session: link quality, idle time, absolute end. The gateway enforces, this warns. */
import { instant } from "./countdown";
import type { Portal, SessionState } from "./portal";
import type { Policy } from "./remote-screen";

export interface WatchEvents {
  /** The link's round trip, and how long the portal's small answer took, both in milliseconds. */
  roundTrip(milliseconds: number, answer: number): void;
  /** Seconds left before the idle limit, or null: someone is there. */
  idle(secondsLeft: number | null): void;
  /** Unix seconds of the end, once it is near. */
  endNear(at: number, secondsLeft: number): void;
  endedByPortal(state: SessionState): void;
}

const POLL_MS = 5000;
/** Heartbeat of the gateway, its way to the portal, and ours: an older activity is known everywhere. */
const PORTAL_LAG_SECONDS = 10;
const IDLE_WARNING_SECONDS = 60;
const END_WARNING_SECONDS = 300;
const ACTIVITY = ["keydown", "pointerdown", "pointermove", "wheel"] as const;

export class Watch {
  #lastActivity = 0;
  #timers: number[] = [];
  #endsAt = 0;
  /** The gateway's own count, as the portal last told it; null while it may be behind ours. */
  #idleEndsAt: number | null = null;
  #warned = false;
  #abort = new AbortController();

  constructor(
    private readonly portal: Portal,
    private readonly events: WatchEvents,
  ) {}

  /** `stage` is where the PC's keys and movements happen. */
  start(session: string, policy: Policy, stage: HTMLElement): void {
    this.stop();
    this.#abort = new AbortController();
    this.#endsAt = policy.ends_at;
    this.active();
    for (const type of ACTIVITY) {
      stage.addEventListener(type, () => this.active(), { capture: true, passive: true, signal: this.#abort.signal });
    }
    this.#timers = [
      window.setInterval(() => this.#tick(policy), 1000),
      window.setInterval(() => void this.#poll(session), POLL_MS),
    ];
    void this.#poll(session);
  }

  stop(): void {
    this.#abort.abort();
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers = [];
  }

  /** Something went to the PC. */
  active(): void {
    this.#lastActivity = performance.now();
    this.#idleEndsAt = null;
    if (this.#warned) this.events.idle(null);
    this.#warned = false;
  }

  #tick(policy: Policy): void {
    const ours = policy.idle_seconds - this.#idleSeconds();
    const left = this.#idleEndsAt === null ? ours : Math.min(ours, this.#idleEndsAt - this.portal.now());
    // A very short limit still leaves half of it without a warning.
    if (left <= Math.min(IDLE_WARNING_SECONDS, policy.idle_seconds / 2)) {
      this.#warned = true;
      this.events.idle(Math.max(0, left));
    }
    const untilEnd = this.#endsAt - this.portal.now();
    if (this.#endsAt > 0 && untilEnd <= END_WARNING_SECONDS) this.events.endNear(this.#endsAt, Math.max(0, untilEnd));
  }

  #idleSeconds(): number {
    return (performance.now() - this.#lastActivity) / 1000;
  }

  async #poll(session: string): Promise<void> {
    const signal = this.#abort.signal;
    const answer = await this.portal.state(session).catch(() => null);
    if (!answer || signal.aborted) return; // the screen itself tells a cut
    const { state, milliseconds } = answer;
    this.events.roundTrip(state.quality?.rtt_ms ?? milliseconds, milliseconds);
    this.#endsAt = instant(state.ends_at) ?? this.#endsAt;
    this.#idleEndsAt = this.#idleSeconds() > PORTAL_LAG_SECONDS ? instant(state.idle_ends_at) : null;
    if (state.state === "ended") this.events.endedByPortal(state);
  }
}
