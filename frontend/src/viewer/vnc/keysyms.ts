/** X11 keysyms (X.Org keysymdef.h) for what the toolbar types. */

const NAMED: Readonly<Record<string, number>> = {
  Backspace: 0xff08,
  Tab: 0xff09,
  Enter: 0xff0d,
  Escape: 0xff1b,
  Home: 0xff50,
  ArrowLeft: 0xff51,
  ArrowUp: 0xff52,
  ArrowRight: 0xff53,
  ArrowDown: 0xff54,
  PageUp: 0xff55,
  PageDown: 0xff56,
  End: 0xff57,
  PrintScreen: 0xff61,
  Insert: 0xff63,
  ContextMenu: 0xff67,
  ShiftLeft: 0xffe1,
  ControlLeft: 0xffe3,
  AltLeft: 0xffe9,
  AltRight: 0xfe03,
  MetaLeft: 0xffeb,
  Delete: 0xffff,
  Space: 0x20,
};

/** The keysym of a key named as in `KeyboardEvent.code`, or null. */
export function keysymOfCode(code: string): number | null {
  const f = /^F([1-9]|1[0-2])$/.exec(code);
  if (f) return 0xffbd + Number(f[1]);
  const letter = /^Key([A-Z])$/.exec(code)?.[1];
  return letter ? letter.toLowerCase().charCodeAt(0) : (NAMED[code] ?? null);
}

/** The keysym of a character: Latin-1 as is, everything else as Unicode (keysymdef.h, "Unicode keysyms"). */
export function keysymOfCharacter(character: string): number {
  const point = character.codePointAt(0) ?? 0;
  if (character === "\n") return 0xff0d;
  if (character === "\t") return 0xff09;
  if (character === "€") return 0x20ac;
  return (point >= 0x20 && point <= 0x7e) || (point >= 0xa0 && point <= 0xff) ? point : 0x0100_0000 + point;
}
