import { describe, expect, test } from "vitest";
import { strokesFor } from "../src/viewer/azerty";
import { scancode } from "../src/viewer/rdp/scancodes";
import { keysymOfCharacter, keysymOfCode } from "../src/viewer/vnc/keysyms";
import { splitUser } from "../src/viewer/user-name";

describe("scan codes", () => {
  test.each([
    ["Escape", 0x01],
    ["Digit1", 0x02],
    ["KeyA", 0x1e],
    ["KeyZ", 0x2c],
    ["Space", 0x39],
    ["F10", 0x44],
    ["F12", 0x58],
    ["Numpad7", 0x47],
    ["IntlBackslash", 0x56],
    ["AltRight", 0xe038],
    ["Delete", 0xe053],
    ["MetaLeft", 0xe05b],
  ])("%s", (code, value) => expect(scancode(code)).toBe(value));

  test("keys that no PC has", () => {
    expect(scancode("BrowserHome")).toBeNull();
    expect(scancode("")).toBeNull();
  });
});

describe("the French layout", () => {
  test.each([
    ["é", "Digit2", []],
    ["è", "Digit7", []],
    ["ç", "Digit9", []],
    ["à", "Digit0", []],
    ["ù", "Quote", []],
    ["@", "Digit0", ["AltRight"]],
    ["#", "Digit3", ["AltRight"]],
    ["{", "Digit4", ["AltRight"]],
    ["[", "Digit5", ["AltRight"]],
    ["|", "Digit6", ["AltRight"]],
    ["^", "Digit9", ["AltRight"]],
    ["€", "KeyE", ["AltRight"]],
    ["}", "Equal", ["AltRight"]],
    ["]", "Minus", ["AltRight"]],
    ["A", "KeyQ", ["ShiftLeft"]],
    ["§", "Slash", ["ShiftLeft"]],
    [">", "IntlBackslash", ["ShiftLeft"]],
  ])("%s", (character, code, modifiers) => expect(strokesFor(character)).toEqual([{ code, modifiers }]));

  test("accents by dead keys", () => {
    expect(strokesFor("ê").map((stroke) => stroke.code)).toEqual(["BracketLeft", "KeyE"]);
    expect(strokesFor("Ï")[0]?.modifiers).toEqual(["ShiftLeft"]);
  });

  test("what no key writes", () => expect(strokesFor("œ")).toEqual([]));
});

test("keysyms", () => {
  expect(keysymOfCharacter("é")).toBe(0xe9);
  expect(keysymOfCharacter("€")).toBe(0x20ac);
  expect(keysymOfCharacter("œ")).toBe(0x01000153);
  expect(keysymOfCode("F1")).toBe(0xffbe);
  expect(keysymOfCode("F12")).toBe(0xffc9);
  expect(keysymOfCode("KeyC")).toBe(0x63);
  expect(keysymOfCode("Nothing")).toBeNull();
});

test("user names with and without a domain", () => {
  expect(splitUser(" MAIRIE\\jdupont ", "X")).toEqual({ domain: "MAIRIE", username: "jdupont" });
  expect(splitUser("jdupont", "MAIRIE")).toEqual({ domain: "MAIRIE", username: "jdupont" });
  expect(splitUser("j.dupont@mairie.fr", "MAIRIE")).toEqual({ domain: "", username: "j.dupont@mairie.fr" });
});
