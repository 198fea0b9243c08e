import { expect, test } from "vitest";
import { closureOf } from "../src/viewer/rdp/errors";
import { HandshakeTrace } from "../src/viewer/rdp/handshake-trace";

const iron = (kind: number) => ({ kind: () => kind, backtrace: () => "" });
const trace = (...firstBytes: number[]) => {
  const made = new HandshakeTrace();
  for (const byte of firstBytes) made.feed(Uint8Array.of(byte, 0, 0).buffer);
  return made.stoppedInCredSsp;
};

test("IronRDP's kinds", () => {
  expect([0, 1, 2, 3, 4, 5, 6].map((kind) => closureOf(iron(kind), null, false).kind)).toEqual([
    "cut",
    "credentials",
    "credentials",
    "access_denied",
    "target",
    "gateway",
    "negotiation",
  ]);
  expect(closureOf(new Error("panic"), 1006, true)).toEqual({ kind: "cut", code: 1006 });
});

test("a PC that hangs up in the middle of CredSSP has refused the password", () => {
  expect(closureOf(iron(0), 4013, trace(0x30, 0x30)).kind).toBe("credentials");
  expect(closureOf(iron(0), 1006, trace(0x30, 0x30)).kind).toBe("cut"); // the network, not the PC
  expect(closureOf(iron(0), 4013, trace(0x30)).kind).toBe("cut"); // only the gateway had answered
  expect(closureOf(iron(0), 4013, trace(0x30, 0x30, 0x03)).kind).toBe("cut"); // CredSSP was over
});
