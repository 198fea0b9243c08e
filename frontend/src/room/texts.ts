/** The room's words: French in `texts.json` (the list of keys), replaced by what the portal translates. */
import french from "./texts.json";

export type TextKey = keyof typeof french;
export type Say = (key: TextKey, values?: Record<string, string | number>) => string;

/** `say("lobby.knock", {name: "Anne"})` fills `{name}`. A placeholder without a value stays visible. */
export function speaker(translated: Record<string, string> = {}): Say {
  return (key, values = {}) =>
    (translated[key] ?? french[key]).replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** A text for a word sent by the portal or the voice server (`ended.left`), if we have one. */
export function knownText(key: string): TextKey | null {
  return Object.hasOwn(french, key) ? (key as TextKey) : null;
}
