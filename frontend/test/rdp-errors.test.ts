import { expect, test } from "vitest";
import { closureOf } from "../src/viewer/rdp/errors";
import { HandshakeTrace } from "../src/viewer/rdp/handshake-trace";

const iron = (kind: number) => ({ kind: () => kind, backtrace: () => "" });
const trace = (...firstBytes: number[]) => {
  const made = new HandshakeTrace();
  for (const byte of firstBytes) made.feed(Uint8Array.of(byte, 0, 0).buffer);
  return made;
};
const nothing = trace();

test("IronRDP's kinds", () => {
  expect([0, 1, 2, 3, 4, 5, 6].map((kind) => closureOf(iron(kind), null, nothing).kind)).toEqual([
    "cut",
    "credentials",
    "credentials",
    "access_denied",
    "target",
    "gateway",
    "negotiation",
  ]);
  expect([0, 1, 2, 3, 4].map((kind) => closureOf(iron(kind), null, nothing).refusal)).toEqual([
    undefined,
    "password_wrong",
    "password_wrong",
    "not_remote_user",
    undefined,
  ]);
  expect(closureOf(new Error("panic"), 1006, trace(0x30, 0x30))).toEqual({ kind: "cut", code: 1006 });
});

test("a PC that hangs up in the middle of CredSSP has refused the sign-in, and has not said why", () => {
  expect(closureOf(iron(0), 4013, trace(0x30, 0x30))).toEqual({ kind: "credentials", code: 4013, refusal: "other" });
  expect(closureOf(iron(0), 1006, trace(0x30, 0x30)).kind).toBe("cut"); // the network, not the PC
  expect(closureOf(iron(0), 4013, trace(0x30)).kind).toBe("cut"); // only the gateway had answered
  expect(closureOf(iron(0), 4013, trace(0x30, 0x30, 0x03)).kind).toBe("cut"); // CredSSP was over
});
