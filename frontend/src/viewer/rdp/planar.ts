/**
 * Decodes RDP 6.0's planar codec, that of bitmap updates at 32 bits (MS-RDPEGDI 2.2.2.5.1, 3.1.9).
 *
 * The bytes come from the office PC: what does not decode to exactly the promised pixels is null.
 */

const COLOUR_LOSS = 0x07 | 0x08;
const RUN_LENGTH = 0x10;
const NO_ALPHA = 0x20;

/** `width` × `height` pixels 0xAARRGGBB, rows in the order of the data (the lowest first); null when the data is wrong. */
export function decodePlanar(data: Uint8Array, width: number, height: number): Uint32Array | null {
  const header = data[0] ?? 0xff;
  if (header & COLOUR_LOSS || header & 0xc0) return null; // YCoCg: no server sends it for a desktop
  const pixels = new Uint32Array(width * height);
  let from = 1;
  if (header & NO_ALPHA) pixels.fill(0xff000000);
  for (const shift of header & NO_ALPHA ? [16, 8, 0] : [24, 16, 8, 0]) {
    const plane = header & RUN_LENGTH ? compressedPlane(data, from, width, height) : rawPlane(data, from, width * height);
    if (!plane) return null;
    from = plane.end;
    for (let i = 0; i < pixels.length; i++) pixels[i] = (pixels[i] ?? 0) | ((plane.values[i] ?? 0) << shift);
  }
  return pixels;
}

interface Plane {
  values: Uint8Array;
  end: number;
}

function rawPlane(data: Uint8Array, from: number, size: number): Plane | null {
  return from + size > data.length ? null : { values: data.subarray(from, from + size), end: from + size };
}

/** Runs and differences to the row before. */
function compressedPlane(data: Uint8Array, from: number, width: number, height: number): Plane | null {
  const values = new Uint8Array(width * height);
  for (let row = 0; row < height; row++) {
    const end = (row + 1) * width;
    let value = 0;
    let to = row * width;
    const put = (times: number) => {
      for (let i = 0; i < times; i++, to++) values[to] = row === 0 ? value : (values[to - width] ?? 0) + value;
    };
    while (to < end) {
      if (from >= data.length) return null;
      const control = data[from++] ?? 0;
      let run = control & 0x0f;
      let raw = control >> 4;
      if (run === 1 || run === 2) [run, raw] = [16 * run + raw, 0];
      if (to + raw + run > end || from + raw > data.length || raw + run === 0) return null;
      for (; raw > 0; raw--) {
        const coded = data[from++] ?? 0;
        value = row === 0 ? coded : coded & 1 ? -((coded >> 1) + 1) : coded >> 1;
        put(1);
      }
      put(run);
    }
  }
  return { values, end: from };
}
