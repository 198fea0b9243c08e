import { expect, test } from "vitest";
import { closureOf } from "../src/viewer/rdp/errors";
import { HandshakeTrace } from "../src/viewer/rdp/handshake-trace";
import { refusalOf, statusIn } from "../src/viewer/rdp/sign-in-status";

const der = (tag: number, ...content: number[]) => {
  const long = content.length < 128 ? [content.length] : [0x82, content.length >> 8, content.length & 0xff];
  return [tag, ...long, ...content];
};
const fourBytes = (status: number) => [24, 16, 8, 0].map((shift) => (status >>> shift) & 0xff);
const VERSION = der(0xa0, ...der(2, 6));

/** A TSRequest that says why. `positive`: some servers write the number with a zero in front. */
const answer = (status: number, { positive = false, before = [] as number[] } = {}) =>
  Uint8Array.from(der(0x30, ...VERSION, ...before, ...der(0xa4, ...der(2, ...(positive ? [0] : []), ...fourBytes(status)))));

/** RDCleanPath, as the gateway answers: DER too, and not Windows. */
const GATEWAY = Uint8Array.from(der(0x30, ...der(0xa0, ...der(2, 0x0d, 0x3e)), ...der(0xa6, ...der(4, 3, 0, 0, 0))));
const general = { kind: () => 0, backtrace: () => "" };

function seen(...messages: Uint8Array<ArrayBuffer>[]): HandshakeTrace {
  const trace = new HandshakeTrace();
  for (const message of messages) trace.feed(message.buffer);
  return trace;
}

test.each([
  [0xc000006d, "password_wrong"],
  [0xc000006a, "password_wrong"],
  [0xc0000071, "password_expired"],
  [0xc0000224, "password_expired"],
  [0xc0000234, "account_locked"],
  [0xc0000072, "account_disabled"],
  [0xc000015b, "not_remote_user"],
  [0xc000005e, "no_domain"],
  [0xc00000bb, "other"],
])("status %i is %s, however it is written", (status, code) => {
  for (const positive of [false, true]) {
    expect(statusIn(answer(status, { positive }))).toBe(status);
    expect(statusIn(answer(status, { positive, before: der(0xa1, ...Array<number>(300).fill(7)) }))).toBe(status);
  }
  expect(refusalOf(status)).toBe(code);
});

test("an expired password is no cut, whatever IronRDP calls it: the form says what to do", () => {
  const trace = seen(GATEWAY, Uint8Array.from(der(0x30, ...VERSION)), answer(0xc0000071));
  expect(closureOf(general, 1006, trace)).toEqual({ kind: "credentials", code: 1006, refusal: "password_expired" });
});

test("who may not sign in remotely is told so, not asked for the password again", () => {
  const trace = seen(GATEWAY, answer(0xc000015b));
  expect(closureOf(general, 4013, trace)).toEqual({ kind: "access_denied", code: 4013, refusal: "not_remote_user" });
});

test("only Windows within CredSSP is believed", () => {
  expect(seen(answer(0xc0000071)).status).toBeNull(); // the first message is the gateway's
  expect(seen(GATEWAY, Uint8Array.of(3, 0, 0, 9), answer(0xc0000071)).status).toBeNull(); // CredSSP was over
  expect(seen(GATEWAY, answer(0xc0000071), answer(0xc0000234)).status).toBe(0xc0000071); // the first word counts
});

test("a hostile PC's bytes say nothing", () => {
  const whole = answer(0xc0000071);
  for (let length = 0; length < whole.length; length++) expect(statusIn(whole.slice(0, length))).toBeNull();
  const wrong = [
    [],
    [0x30],
    [0x30, 0x80],
    [0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
    [0x30, 0x02, 0xa4, 0x7f],
    der(0x30, ...der(0xa4)),
    der(0x30, ...der(0xa4, ...der(2))),
    der(0x30, ...der(0xa4, ...der(4, 1, 2, 3, 4))),
    der(0x30, ...der(0xa4, ...der(2, 0, 0, 0, 0))),
    der(0x30, ...der(0xa4, ...der(2, 1, 2, 3, 4, 5, 6))),
    der(0x04, ...VERSION),
  ];
  for (const bytes of wrong) expect(statusIn(Uint8Array.from(bytes)), String(bytes)).toBeNull();
});
