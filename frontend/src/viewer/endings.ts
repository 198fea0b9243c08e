/** Why a session is over, and what the person can do (close codes: gateway-protocol.md, section 2). */
import type { PortalProblem, SessionState } from "./portal";
import type { Closure, Refusal } from "./remote-screen";
import { knownText, type Say, type TextKey } from "./texts";

export interface Ending {
  reason: string;
  message: string;
  advice: string;
  /** Starting again may work. */
  again: boolean;
}

interface Reason {
  reason: string;
  /** The portal has closed the session: do not try to come back. */
  final: boolean;
}

const CODES: Readonly<Record<number, Reason>> = {
  1000: { reason: "closed_by_user", final: true },
  1001: { reason: "gateway_restarting", final: false },
  4001: { reason: "ticket_refused", final: true },
  4003: { reason: "target_forbidden", final: true },
  4004: { reason: "target_unreachable", final: false },
  4005: { reason: "certificate_changed", final: true },
  4006: { reason: "idle", final: true },
  4007: { reason: "time_limit", final: true },
  4008: { reason: "ended_by_staff", final: true },
  4009: { reason: "access_revoked", final: true },
  4010: { reason: "protocol_error", final: true },
  4011: { reason: "too_many_sessions", final: true },
  4012: { reason: "portal_unreachable", final: false },
  4013: { reason: "target_closed", final: false },
};

/** Reasons after which the same button leads to the same refusal. */
const HOPELESS = new Set(["certificate_changed", "target_forbidden", "access_revoked", "ended_by_staff", "signed_out"]);

export function isFinal(code: number | null): boolean {
  return code !== null && (CODES[code]?.final ?? false);
}

/** What comes right by itself in seconds: a portal too busy to answer its gateway, a gateway that is replaced. */
const PASSING = new Set(["portal_unreachable", "gateway_restarting"]);

/** Whether the way was not ready, the PC not being at fault: trying again is the remedy. */
export function isPassing(closure: Closure): boolean {
  return closure.code !== null && PASSING.has(CODES[closure.code]?.reason ?? "");
}

/** The reason of a connection that failed or was closed, before the portal is asked. */
export function reasonOf(closure: Closure): string {
  const named = closure.code === null ? undefined : CODES[closure.code]?.reason;
  // 1000 also ends a connection whose handshake failed: the error then says more.
  // What the PC said of a refused sign-in says more than that it then hung up.
  if (named && named !== "closed_by_user" && !closure.refusal) return named;
  const byKind: Record<Closure["kind"], string> = {
    cut: "lost",
    credentials: "credentials",
    access_denied: "access_denied",
    negotiation: "negotiation",
    gateway: "gateway_unreachable",
    target: "target_unreachable",
    requested: "closed_by_user",
  };
  return byKind[closure.kind];
}

const REFUSED: Readonly<Record<Refusal, TextKey>> = {
  password_wrong: "error.password",
  password_expired: "error.password_expired",
  account_locked: "error.account_locked",
  account_disabled: "error.account_disabled",
  not_remote_user: "ended.access_denied",
  no_domain: "error.no_domain",
  other: "error.refused",
};

/** What the form says when it comes back after a refused sign-in. */
export function refusalWords(say: Say, refusal: Refusal | undefined, protocol: "rdp" | "vnc"): string {
  return say(protocol === "vnc" ? "error.vnc_password" : REFUSED[refusal ?? "password_wrong"]);
}

/** The words for a reason: the portal's own first, else ours. */
export function ending(say: Say, reason: string, portal?: Partial<SessionState> | null): Ending {
  const known = knownText(`ended.${reason}`) ?? "ended.lost";
  const advice = knownText(`advice.${reason}`);
  return {
    reason,
    message: portal?.message || say(known),
    advice: portal?.advice || (advice ? say(advice) : ""),
    again: !HOPELESS.has(reason),
  };
}

/** The words for a refusal of the portal. */
export function endingOfProblem(say: Say, problem: PortalProblem): Ending {
  const reason = problem.code || "refused";
  const fallback = ending(say, knownText(`ended.${reason}`) ? reason : "refused");
  return {
    ...fallback,
    reason,
    message: problem.detail || problem.title || fallback.message,
    advice: problem.advice || fallback.advice,
    again: !HOPELESS.has(reason),
  };
}
