import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import texts from "../src/viewer/texts.json";
import { speaker } from "../src/viewer/texts";
import { isAcceptance } from "../src/viewer/vnc/handshake";

const FOLDER = join(import.meta.dirname, "../src/viewer");
const sources = readdirSync(FOLDER, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts"))
  .map((name) => readFileSync(join(FOLDER, name), "utf8"))
  .join("\n");

test("every text is used somewhere", () => {
  // Keys made from a word: `step.${step}` and the like.
  const made = /^(step|quality|picture\.(auto|comfort|light)|ended|advice|keys\.Arrow|card\.(username|password)$)/;
  const unused = Object.keys(texts).filter((key) => !made.test(key) && !sources.includes(`"${key}"`));
  expect(unused).toEqual([]);
});

test("French typography: a narrow no-break space before ; ? ! and a no-break space inside « »", () => {
  for (const [key, text] of Object.entries(texts)) {
    expect(text, key).not.toMatch(/[^\u202f][?!;]/);
    expect(text, key).not.toMatch(/«(?!\u00a0)|(?<!\u00a0)»|'/);
  }
});

test("placeholders are filled, translations win", () => {
  expect(speaker()("lost.waiting", { seconds: 4, attempt: 2 })).toContain("4\u00a0s (essai 2)");
  expect(speaker({ home: "Back" })("home")).toBe("Back");
  expect(speaker()("quality.ms")).toBe("{ms}\u00a0ms");
});

test("only the gateway's acceptance opens the VNC channel", () => {
  expect(isAcceptance('{"accepted": true}')).toBe(true);
  for (const data of ['{"accepted": 1}', "null", "", "RFB 003.008\n", new ArrayBuffer(4)]) expect(isAcceptance(data)).toBe(false);
});
