/** IronRDP's errors in the viewer's words. */
import type { Closure } from "../remote-screen";
import { refusalOf } from "./sign-in-status";

/** `IronErrorKind` of @devolutions/iron-remote-desktop-rdp. */
const KIND = {
  general: 0,
  wrongPassword: 1,
  logonFailure: 2,
  accessDenied: 3,
  rdCleanPath: 4,
  proxyConnect: 5,
  negotiation: 6,
} as const;

interface IronError {
  kind(): number;
}

function isIronError(error: unknown): error is IronError {
  return typeof error === "object" && error !== null && typeof (error as Partial<IronError>).kind === "function";
}

const TARGET_CLOSED = 4013;

/** What was seen of the handshake: see handshake-trace.ts. */
export interface Handshake {
  readonly stoppedInCredSsp: boolean;
  readonly status: number | null;
}

/** `code` is the WebSocket's close code if the socket is already closed. */
export function closureOf(error: unknown, code: number | null, seen: Handshake): Closure {
  if (!isIronError(error)) return { kind: "cut", code };
  // The PC's own word says more than the kinds: an expired password is « general » to IronRDP.
  if (seen.status !== null) {
    const refusal = refusalOf(seen.status);
    return { kind: refusal === "not_remote_user" ? "access_denied" : "credentials", code, refusal };
  }
  switch (error.kind()) {
    case KIND.wrongPassword:
    case KIND.logonFailure:
      return { kind: "credentials", code, refusal: "password_wrong" };
    case KIND.accessDenied:
      return { kind: "access_denied", code, refusal: "not_remote_user" };
    case KIND.rdCleanPath:
      return { kind: "target", code };
    case KIND.proxyConnect:
      return { kind: "gateway", code };
    case KIND.negotiation:
      return { kind: "negotiation", code };
    default:
      return seen.stoppedInCredSsp && code === TARGET_CLOSED
        ? { kind: "credentials", code, refusal: "other" }
        : { kind: "cut", code };
  }
}
