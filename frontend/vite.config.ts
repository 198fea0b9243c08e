import { resolve } from "node:path";
import { defineConfig } from "vite";
import { ironRdp } from "./vite/iron-rdp.ts";
import { iconSprite } from "./vite/icon-sprite.ts";
import { precompress } from "./vite/precompress.ts";

const here = import.meta.dirname;

/**
 * Entries (names in the manifest): `theme` (tiny, blocking, so that no page flashes in the wrong
 * colours), `app` (every page), `viewer` (the remote screen), `stocktake` (counting a
 * site on a phone), `connection` (checking a home connection), `room` (a live room), `soundcheck`
 * (trying one's equipment before a meeting).
 *
 * `base` is relative: nothing in the output knows under which URL the portal serves it.
 */
export default defineConfig({
  base: "./",
  publicDir: false,
  plugins: [ironRdp(), iconSprite(resolve(here, "icons.txt")), precompress()],
  build: {
    outDir: resolve(here, "../src/parvis/portal/ui/static/ui/build"),
    emptyOutDir: true,
    manifest: "manifest.json",
    target: "es2022",
    sourcemap: false,
    // A data: URL would need an exception in the content security policy.
    assetsInlineLimit: 0,
    // The preload polyfill is for browsers older than the target.
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
    rollupOptions: {
      // htmx holds an eval that its configuration (src/app/htmx-setup.ts) switches off.
      checks: { eval: false },
      input: {
        theme: resolve(here, "src/theme.ts"),
        app: resolve(here, "src/app.ts"),
        viewer: resolve(here, "src/viewer.ts"),
        stocktake: resolve(here, "src/stocktake.ts"),
        connection: resolve(here, "src/connection.ts"),
        room: resolve(here, "src/room.ts"),
        soundcheck: resolve(here, "src/soundcheck.ts"),
      },
    },
  },
  test: { include: ["test/**/*.test.ts"], environment: "node" },
} as import("vitest/config").ViteUserConfig);
