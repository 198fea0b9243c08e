/** IronRDP's errors in the viewer's words. */
import type { Closure } from "../remote-screen";

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

/** `code` is the WebSocket's close code if the socket is already closed; see handshake-trace.ts for the last. */
export function closureOf(error: unknown, code: number | null, stoppedInCredSsp: boolean): Closure {
  if (!isIronError(error)) return { kind: "cut", code };
  switch (error.kind()) {
    case KIND.wrongPassword:
    case KIND.logonFailure:
      return { kind: "credentials", code };
    case KIND.accessDenied:
      return { kind: "access_denied", code };
    case KIND.rdCleanPath:
      return { kind: "target", code };
    case KIND.proxyConnect:
      return { kind: "gateway", code };
    case KIND.negotiation:
      return { kind: "negotiation", code };
    default:
      return { kind: stoppedInCredSsp && code === TARGET_CLOSED ? "credentials" : "cut", code };
  }
}
