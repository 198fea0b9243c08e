import { expect, test } from "vitest";
import { EscapeChord } from "../src/viewer/escape-chord";

/** Plays "+ControlLeft -ControlLeft" with the modifiers a browser would report. */
function play(script: string, altGraph = false): boolean[] {
  const chord = new EscapeChord();
  const held = new Set<string>();
  return script.split(" ").map((word) => {
    const code = word.slice(1);
    if (word[0] === "+") held.add(code);
    else held.delete(code);
    const has = (name: string) => [...held].some((each) => each.startsWith(name));
    return chord.feed({
      type: word[0] === "+" ? "keydown" : "keyup",
      code,
      key: altGraph && code === "AltRight" ? "AltGraph" : code.replace(/Left|Right/, ""),
      ctrlKey: has("Control"),
      altKey: has("Alt"),
      shiftKey: has("Shift"),
    });
  });
}

test("Ctrl+Alt+Shift, then released, in any order", () => {
  expect(play("+ControlLeft +AltLeft +ShiftLeft -ShiftLeft -AltLeft -ControlLeft")).toEqual([false, false, false, true, false, false]);
  expect(play("+ShiftLeft +ControlLeft +AltLeft -ControlLeft").at(-1)).toBe(true);
});

test("a shortcut made of the three goes to the PC alone", () => {
  expect(play("+ControlLeft +AltLeft +ShiftLeft +KeyK -KeyK -ShiftLeft -AltLeft -ControlLeft")).not.toContain(true);
});

test("AltGr with Shift writes characters and is no way out", () => {
  expect(play("+ControlLeft +AltRight +ShiftLeft -ShiftLeft -AltRight -ControlLeft", true).slice(0, 2)).toEqual([false, false]);
  expect(play("+ShiftLeft +ControlLeft +AltRight -AltRight -ShiftLeft", true)).not.toContain(true);
});

test("two of the three are not enough", () => {
  expect(play("+ControlLeft +ShiftLeft -ShiftLeft -ControlLeft")).not.toContain(true);
});
