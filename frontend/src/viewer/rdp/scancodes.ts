/**
 * `KeyboardEvent.code` → PC scan code, set 1; extended keys carry 0xE000
 * (MS-RDPBCGR 2.2.8.1.1.3.1.1.1; W3C UI Events KeyboardEvent code Values).
 *
 * Scan codes name the place of a key, not its letter: the PC's own layout does the rest.
 */

const ROWS: ReadonlyArray<readonly [first: number, codes: string]> = [
  [0x01, "Escape Digit1 Digit2 Digit3 Digit4 Digit5 Digit6 Digit7 Digit8 Digit9 Digit0 Minus Equal Backspace Tab"],
  [0x10, "KeyQ KeyW KeyE KeyR KeyT KeyY KeyU KeyI KeyO KeyP BracketLeft BracketRight Enter ControlLeft"],
  [0x1e, "KeyA KeyS KeyD KeyF KeyG KeyH KeyJ KeyK KeyL Semicolon Quote Backquote ShiftLeft Backslash"],
  [0x2c, "KeyZ KeyX KeyC KeyV KeyB KeyN KeyM Comma Period Slash ShiftRight NumpadMultiply AltLeft Space CapsLock"],
  [0x3b, "F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 NumLock ScrollLock Numpad7 Numpad8 Numpad9 NumpadSubtract"],
  [0x4b, "Numpad4 Numpad5 Numpad6 NumpadAdd Numpad1 Numpad2 Numpad3 Numpad0 NumpadDecimal"],
  [0x56, "IntlBackslash F11 F12 NumpadEqual"],
];

const OTHERS: Readonly<Record<string, number>> = {
  IntlRo: 0x73,
  IntlYen: 0x7d,
  Convert: 0x79,
  NonConvert: 0x7b,
  KanaMode: 0x70,
  NumpadComma: 0x7e,
  NumpadEnter: 0xe01c,
  ControlRight: 0xe01d,
  NumpadDivide: 0xe035,
  PrintScreen: 0xe037,
  AltRight: 0xe038,
  Pause: 0xe046,
  Home: 0xe047,
  ArrowUp: 0xe048,
  PageUp: 0xe049,
  ArrowLeft: 0xe04b,
  ArrowRight: 0xe04d,
  End: 0xe04f,
  ArrowDown: 0xe050,
  PageDown: 0xe051,
  Insert: 0xe052,
  Delete: 0xe053,
  MetaLeft: 0xe05b,
  MetaRight: 0xe05c,
  ContextMenu: 0xe05d,
  AudioVolumeMute: 0xe020,
  AudioVolumeDown: 0xe02e,
  AudioVolumeUp: 0xe030,
};

const SCANCODES = new Map<string, number>([
  ...ROWS.flatMap(([first, codes]) => codes.split(" ").map((code, index) => [code, first + index] as const)),
  ...Object.entries(OTHERS),
]);

/** The scan code of a key, or null for a key that no PC has. */
export function scancode(code: string): number | null {
  return SCANCODES.get(code) ?? null;
}
