/** Why the door did not open or closed again, and what the page does: the table of docs/reference/voice-protocol.md. */
import { knownText, type TextKey } from "./texts";

/** `again`: come back by itself; `once`: the same, one time; `wait`: later, saying `text` meanwhile; `over`: stay out. */
export interface Ending {
  readonly then: "again" | "once" | "wait" | "over";
  readonly text: TextKey;
}

const CLOSES: Record<number, Ending> = {
  1000: { then: "over", text: "ended.left" },
  1001: { then: "again", text: "ended.unreachable" },
  4001: { then: "once", text: "ended.refused" },
  4003: { then: "over", text: "ended.sent_away" },
  4004: { then: "over", text: "ended.room_full" },
  4005: { then: "over", text: "ended.room_locked" },
  4006: { then: "over", text: "ended.room_closed" },
  4008: { then: "over", text: "ended.ended_by_host" },
  4009: { then: "over", text: "ended.access_revoked" },
  4010: { then: "over", text: "ended.protocol_error" },
  4011: { then: "over", text: "ended.replaced" },
  4012: { then: "again", text: "ended.unreachable" },
  4013: { then: "over", text: "ended.media_unavailable" },
  4014: { then: "again", text: "ended.unreachable" },
  4015: { then: "over", text: "ended.too_many" },
};

const REFUSALS: Record<string, Ending> = {
  not_open_yet: { then: "wait", text: "wait.opens" },
  room_locked: { then: "wait", text: "wait.locked" },
  public_full: { then: "wait", text: "wait.busy" },
};

/** What a close code of the voice server means; an unknown one is a cut. */
export function endingOf(code: number): Ending {
  return CLOSES[code] ?? { then: "again", text: "ended.unreachable" };
}

/** What a refusal of the portal means. Its server in trouble (5xx), or asked too often: a moment later. */
export function refusalOf(status: number, code: string): Ending {
  if (Object.hasOwn(REFUSALS, code)) return REFUSALS[code] as Ending;
  if (status >= 500 || status === 429 || status === 0) return { then: "again", text: "ended.unreachable" };
  if (status === 401 || status === 302) return { then: "over", text: "ended.access_revoked" };
  return { then: "over", text: knownText(`ended.${code}`) ?? "ended.refused" };
}
