// noVNC's own reading of the PC's stream, without a browser: where does each message end?
// In, on standard input: {"novnc": <folder>, "streams": [{"data": base64, "depth": 24 or 8}]}.
// Out, for each: {"ends": [offset behind each message], "failed": why or null, "clipboards": how many events}.
// Only what draws and what inflates is a dummy: both come after the bytes were taken.
import { readFileSync } from "node:fs";

const nothing = () => {};
const element = () => ({ style: {}, getContext: () => ({}), addEventListener: nothing, toDataURL: () => "" });
globalThis.window = globalThis;
globalThis.addEventListener = nothing;
globalThis.self = globalThis;
globalThis.document = { createElement: element, documentElement: {}, addEventListener: nothing };
Object.defineProperty(globalThis, "navigator", { value: { userAgent: "", platform: "", maxTouchPoints: 0 }, configurable: true });
globalThis.MutationObserver = class {};
globalThis.WebSocket = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 };

const { novnc, streams } = JSON.parse(readFileSync(0, "utf8"));
const { default: RFB } = await import(`${novnc}/core/rfb.js`);
const { default: Websock } = await import(`${novnc}/core/websock.js`);
const { default: Inflate } = await import(`${novnc}/core/inflator.js`);
const { H264Parser } = await import(`${novnc}/core/decoders/h264.js`);
const { encodings } = await import(`${novnc}/core/encodings.js`);
const { initLogging } = await import(`${novnc}/core/util/logging.js`);
initLogging("none");
Inflate.prototype.inflate = (expected) => new Uint8Array(expected);
H264Parser.prototype.parse = () => null;

const decoders = {};
for (const name of ["Raw", "CopyRect", "RRE", "Hextile", "Zlib", "Tight", "TightPNG", "ZRLE", "JPEG", "H264"])
  decoders[encodings[`encoding${name}`]] = (await import(`${novnc}/core/decoders/${name.toLowerCase()}.js`)).default;

function viewer(depth) {
  const rfb = Object.create(RFB.prototype);
  rfb._sock = new Websock();
  rfb._sock._allocateBuffers();
  rfb._sock.flush = () => { rfb._sock._sQlen = 0; };
  rfb._FBU = { rects: 0, x: 0, y: 0, width: 0, height: 0, encoding: null };
  rfb._fbDepth = depth;
  rfb._display = new Proxy({}, { get: (_, name) => (name === "pending" ? () => false : nothing) });
  rfb._decoders = Object.fromEntries(Object.entries(decoders).map(([number, Decoder]) => [number, new Decoder()]));
  for (const name of ["_resize", "_updateCursor", "_setDesktopName", "_updateContinuousUpdates", "_requestRemoteResize"])
    rfb[name] = nothing;
  rfb._clipboardServerCapabilitiesFormats = {};
  rfb._clipboardServerCapabilitiesActions = {};
  rfb.clipboards = 0;
  rfb.failed = null;
  rfb.dispatchEvent = (event) => { if (event.type === "clipboard") rfb.clipboards += 1; };
  rfb._fail = (why) => { rfb.failed = why; return false; };
  return rfb;
}

function read({ data, depth }) {
  const rfb = viewer(depth);
  const bytes = Buffer.from(data, "base64");
  rfb._sock._rQ.set(bytes);
  rfb._sock._rQlen = bytes.length;
  const ends = [];
  try {
    while (rfb._sock._rQi < bytes.length && rfb._normalMsg() && rfb.failed === null) ends.push(rfb._sock._rQi);
  } catch (error) {
    rfb.failed = `thrown: ${error.message}`; // the viewer's page closes (frontend/src/viewer/vnc/strict-rfb.ts)
  }
  return { ends, failed: rfb.failed, clipboards: rfb.clipboards };
}

process.stdout.write(JSON.stringify(streams.map(read)));
