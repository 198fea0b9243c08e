/** The self-test's words: French in `texts.json` (the list of keys), replaced by what the portal translates. */
import french from "./texts.json";

export type TextKey = keyof typeof french;
export type Say = (key: TextKey, values?: Record<string, string | number>) => string;

export function speaker(translated: Record<string, string> = {}): Say {
  return (key, values = {}) =>
    (translated[key] ?? french[key]).replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
