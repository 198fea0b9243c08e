import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Plugin } from "vite";

const require = createRequire(import.meta.url);

/** Reads one outline icon of Tabler and returns it as a `<symbol id="tabler-NAME">`. */
function symbol(name: string): string {
  const svg = readFileSync(require.resolve(`@tabler/icons/outline/${name}.svg`), "utf8");
  const body = /<svg[^>]*>([\s\S]*)<\/svg>/.exec(svg)?.[1]?.replace(/\s*\n\s*/g, "").trim();
  if (!body) throw new Error(`icon ${name} is not an SVG`);
  return (
    `<symbol id="tabler-${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" ` +
    `stroke-linecap="round" stroke-linejoin="round">${body}</symbol>`
  );
}

/** The names in a list: one a line, `#` starts a comment. */
export function iconNames(list: string): string[] {
  const names = list
    .split("\n")
    .map((line) => line.replace(/#.*/, "").trim())
    .filter(Boolean);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice) throw new Error(`icon ${twice} is listed twice`);
  return names;
}

/**
 * Writes `icons.svg`, the sprite of the icons listed in `listFile`, under a stable name:
 * templates say `<svg class="icon"><use href="…/icons.svg#tabler-NAME"/></svg>`.
 * An unknown name fails the build. TypeScript gets its version as `__ICONS_VERSION__`.
 */
export function iconSprite(listFile: string): Plugin {
  const symbols = () => iconNames(readFileSync(listFile, "utf8")).map(symbol).join("\n");
  return {
    name: "parvis:icon-sprite",
    config: () => ({
      define: { __ICONS_VERSION__: JSON.stringify(createHash("sha256").update(symbols()).digest("hex").slice(0, 8)) },
    }),
    buildStart() {
      this.addWatchFile(listFile);
    },
    generateBundle() {
      const source = `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols()}\n</svg>\n`;
      this.emitFile({ type: "asset", fileName: "icons.svg", source });
    },
  };
}
