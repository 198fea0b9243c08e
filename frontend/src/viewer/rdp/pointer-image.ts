/** Turns the two masks of an RDP pointer into pixels (MS-RDPBCGR 2.2.9.1.1.4.4). */
import { type PointerShape, rowBytes } from "./fast-path";

type Pixel = readonly [red: number, green: number, blue: number, alpha: number];

const TRANSPARENT: Pixel = [0, 0, 0, 0];
const BLACK: Pixel = [0, 0, 0, 255];
const HALO: Pixel = [255, 255, 255, 220];

/** RGBA rows, top-down: `width * height * 4` bytes. */
export function pointerPixels(shape: PointerShape): Uint8ClampedArray<ArrayBuffer> {
  const { width, height } = shape;
  const pixels = new Uint8ClampedArray(new ArrayBuffer(width * height * 4));
  const inverted: number[] = [];
  const alpha = shape.bitsPerPixel === 32 && hasAlpha(shape);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 4;
      const masked = andBit(shape, x, y);
      const [red, green, blue, opacity] = xorPixel(shape, x, y);
      const lit = red + green + blue > 0;
      if (alpha) pixels.set([red, green, blue, opacity], at);
      else if (!masked) pixels.set([red, green, blue, 255], at);
      else if (lit) {
        // "Invert what is below", as Windows' text cursor: a browser cannot, so black with a halo.
        pixels.set(BLACK, at);
        inverted.push(at);
      } else pixels.set(TRANSPARENT, at);
    }
  }
  addHalo(pixels, inverted, width, height);
  return pixels;
}

function addHalo(pixels: Uint8ClampedArray, inverted: readonly number[], width: number, height: number): void {
  for (const at of inverted) {
    const x = (at / 4) % width;
    const y = Math.floor(at / 4 / width);
    for (const [dx, dy] of [[-1, 0], [1, 0], [0, -1], [0, 1]] as const) {
      const beside = ((y + dy) * width + x + dx) * 4;
      const inside = x + dx >= 0 && x + dx < width && y + dy >= 0 && y + dy < height;
      if (inside && pixels[beside + 3] === 0) pixels.set(HALO, beside);
    }
  }
}

function hasAlpha(shape: PointerShape): boolean {
  for (let y = 0; y < shape.height; y++) {
    for (let x = 0; x < shape.width; x++) if (xorPixel(shape, x, y)[3] !== 0) return true;
  }
  return false;
}

function andBit(shape: PointerShape, x: number, y: number): boolean {
  if (shape.andMask.length === 0) return false;
  const row = (shape.height - 1 - y) * rowBytes(shape.width, 1);
  return (((shape.andMask[row + (x >> 3)] ?? 0) >> (7 - (x & 7))) & 1) === 1;
}

function xorPixel(shape: PointerShape, x: number, y: number): Pixel {
  const { xorMask, bitsPerPixel, width, height } = shape;
  const row = (height - 1 - y) * rowBytes(width, bitsPerPixel);
  const value = (at: number) => xorMask[at] ?? 0;
  switch (bitsPerPixel) {
    case 1: {
      const lit = ((value(row + (x >> 3)) >> (7 - (x & 7))) & 1) * 255;
      return [lit, lit, lit, 0];
    }
    case 16: {
      const word = value(row + x * 2) | (value(row + x * 2 + 1) << 8);
      return [((word >> 11) & 31) * 8.226, ((word >> 5) & 63) * 4.048, (word & 31) * 8.226, 0];
    }
    case 24:
      return [value(row + x * 3 + 2), value(row + x * 3 + 1), value(row + x * 3), 0];
    default:
      return [value(row + x * 4 + 2), value(row + x * 4 + 1), value(row + x * 4), value(row + x * 4 + 3)];
  }
}
