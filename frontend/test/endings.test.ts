import { expect, test } from "vitest";
import { ending, endingOfProblem, isFinal, reasonOf } from "../src/viewer/endings";
import { PortalProblem } from "../src/viewer/portal";
import texts from "../src/viewer/texts.json";
import { speaker } from "../src/viewer/texts";

const say = speaker();
/** The table of docs/reference/gateway-protocol.md, section 2. */
const CODES = [1000, 1001, 4001, 4003, 4004, 4005, 4006, 4007, 4008, 4009, 4010, 4011, 4012, 4013];
const RESUMABLE = new Set([1001, 4004, 4012, 4013]);

test("only the codes the contract calls resumable lead to another attempt", () => {
  for (const code of CODES) expect(isFinal(code), String(code)).toBe(!RESUMABLE.has(code));
  for (const code of [null, 1006, 4014]) expect(isFinal(code)).toBe(false);
});

test("every code has words", () => {
  for (const code of CODES) {
    const reason = reasonOf({ kind: "cut", code });
    expect(ending(say, reason).message, String(code)).toBeTruthy();
  }
});

test("the close code says more than the protocol's error, except 1000", () => {
  expect(reasonOf({ kind: "target", code: 4005 })).toBe("certificate_changed");
  expect(reasonOf({ kind: "negotiation", code: 1000 })).toBe("negotiation");
  expect(reasonOf({ kind: "cut", code: 1006 })).toBe("lost");
});

test("the portal's own words come first", () => {
  const end = ending(say, "idle", { message: "M", advice: "A" });
  expect(end).toMatchObject({ message: "M", advice: "A", again: true });
  expect(ending(say, "a_reason_of_tomorrow").message).toBe(texts["ended.lost"]);
});

test("a refusal in words, and one without", () => {
  const said = endingOfProblem(say, new PortalProblem(403, "right_expired", "T", "Détail", "Conseil"));
  expect(said).toMatchObject({ message: "Détail", advice: "Conseil" });
  const bare = endingOfProblem(say, new PortalProblem(401, "signed_out", "", "", ""));
  expect(bare).toMatchObject({ message: texts["ended.signed_out"], again: false });
  expect(endingOfProblem(say, new PortalProblem(403, "", "", "", "")).message).toBe(texts["ended.refused"]);
});

test("only what may pass by itself is tried again", () => {
  const temporary = (status: number) => new PortalProblem(status, "", "", "", "").temporary;
  expect([0, 429, 500, 503].every(temporary)).toBe(true);
  expect([400, 401, 403, 404, 409, 422].some(temporary)).toBe(false);
});
