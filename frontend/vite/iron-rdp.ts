import type { Plugin } from "vite";

const MODULE = /@devolutions\/iron-remote-desktop-rdp\/iron-remote-desktop-rdp\.js$/;
const WASM = /^const (\w+) = "data:application\/wasm;base64,([A-Za-z0-9+/]+=*)";$/m;
const SOCKET = /\bnew WebSocket\(/g;
const WASM_MAGIC = "0061736d";

/**
 * Adapts the published IronRDP package, whose JavaScript carries its WebAssembly as a data: URL.
 *
 * - The WebAssembly becomes a file of its own: it is compiled while it downloads, is cached apart,
 *   and needs no `data:` in the content security policy.
 * - Its one WebSocket becomes ours (`src/viewer/rdp/socket.ts`), which shows what the package
 *   hides: the close code and the pointer shapes.
 *
 * The build fails if a new version of the package no longer looks like that.
 */
export function ironRdp(): Plugin {
  let seen = false;
  return {
    name: "parvis:iron-rdp",
    apply: "build",
    enforce: "pre",
    transform(code, id) {
      if (!MODULE.test(id)) return null;
      const wasm = WASM.exec(code);
      if (!wasm?.[1] || !wasm[2]) this.error("no embedded WebAssembly found in IronRDP: adapt vite/iron-rdp.ts");
      const source = Buffer.from(wasm[2], "base64");
      if (source.subarray(0, 4).toString("hex") !== WASM_MAGIC) this.error("IronRDP's WebAssembly has no magic number");
      const sockets = code.match(SOCKET)?.length ?? 0;
      if (sockets !== 1) this.error(`IronRDP opens ${sockets} WebSockets where one was expected: adapt vite/iron-rdp.ts`);
      const reference = this.emitFile({ type: "asset", name: "ironrdp.wasm", source });
      seen = true;
      return {
        code:
          'import { RdpSocket } from "/src/viewer/rdp/socket.ts";\n' +
          code
            .replace(wasm[0], () => `const ${wasm[1]} = import.meta.ROLLUP_FILE_URL_${reference};`)
            .replace(SOCKET, "new RdpSocket("),
        map: null,
      };
    },
    generateBundle() {
      if (!seen) this.error("IronRDP was not bundled: its package has moved, adapt vite/iron-rdp.ts");
    },
  };
}
