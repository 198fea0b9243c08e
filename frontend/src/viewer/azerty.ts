/** Which keys write a character on the French AZERTY layout (Windows 0x040C, X11 `fr`). */

export const FRENCH = 0x040c;

export interface Stroke {
  code: string;
  modifiers: readonly ("ShiftLeft" | "AltRight")[];
}

// One character for each code, in three layers; a space means that the layer has none there.
const CODES =
  "Backquote Digit1 Digit2 Digit3 Digit4 Digit5 Digit6 Digit7 Digit8 Digit9 Digit0 Minus Equal " +
  "KeyQ KeyW KeyE KeyR KeyT KeyY KeyU KeyI KeyO KeyP BracketRight " +
  "KeyA KeyS KeyD KeyF KeyG KeyH KeyJ KeyK KeyL Semicolon Quote Backslash " +
  "IntlBackslash KeyZ KeyX KeyC KeyV KeyB KeyN KeyM Comma Period Slash";
const LAYERS: ReadonlyArray<readonly [modifiers: Stroke["modifiers"], characters: string]> = [
  [[], "²&é\"'(-è_çà)=azertyuiop$qsdfghjklmù*<wxcvbn,;:!"],
  [["ShiftLeft"], " 1234567890°+AZERTYUIOP£QSDFGHJKLM%µ>WXCVBN?./§"],
  // ~ and ` are dead keys there on Windows: they are left to the other way of typing.
  [["AltRight"], "   #{[| \\^@]}  €                                "],
];

const STROKES = new Map<string, Stroke>([
  [" ", { code: "Space", modifiers: [] }],
  ["\n", { code: "Enter", modifiers: [] }],
  ["\t", { code: "Tab", modifiers: [] }],
]);
for (const [modifiers, characters] of LAYERS) {
  CODES.split(" ").forEach((code, index) => {
    const character = characters[index];
    if (character && character !== " ") STROKES.set(character, { code, modifiers });
  });
}

// The two dead keys of the layout, then the letter.
const CIRCUMFLEX: Stroke = { code: "BracketLeft", modifiers: [] };
const DIAERESIS: Stroke = { code: "BracketLeft", modifiers: ["ShiftLeft"] };
const DEAD: ReadonlyArray<readonly [dead: Stroke, accented: string, letters: string]> = [
  [CIRCUMFLEX, "âêîôûÂÊÎÔÛ", "aeiouAEIOU"],
  [DIAERESIS, "äëïöüÿÄËÏÖÜ", "aeiouyAEIOU"],
];

/** The strokes that write `character`, one after the other; empty when no key writes it. */
export function strokesFor(character: string): readonly Stroke[] {
  for (const [dead, accented, letters] of DEAD) {
    const letter = letters[accented.indexOf(character)];
    const stroke = letter && STROKES.get(letter);
    if (stroke) return [dead, stroke];
  }
  const stroke = STROKES.get(character);
  return stroke ? [stroke] : [];
}
