/**
 * Decodes the bitmaps that IronRDP 0.7 draws wrong before it sees them.
 *
 * A server may pad the rows of a bitmap update beyond the rectangle it is for (xrdp: to four pixels); IronRDP takes
 * the rectangle's width for the row's and draws the rest askew. Of interleaved RLE it also loses rows here and there
 * (seen with xrdp 0.9 at 16 bits). Such a bitmap is handed on as it should be shown, uncompressed, in strips that
 * fit a fast-path PDU. Everything else passes untouched.
 */
import { decodeInterleaved } from "./interleaved";
import { decodePlanar } from "./planar";

const UPDATE_BITMAP = 1;
const COMPRESSED = 0x0001;
const NO_COMPRESSION_HEADER = 0x0400;
const COMPRESSION_HEADER_SIZE = 8;
const RECTANGLE_SIZE = 18;
const LARGEST_STRIP = 16_000;
/** A fast-path PDU's length has 15 bits; its headers here take 10 bytes. */
const LARGEST_KEPT = 0x7fff - RECTANGLE_SIZE - 10;
const FAST_PATH_BITMAP = 1;
/** Of all bitmaps of one update: two 4K screens. A hostile PC promises thousands of squares of 65,535 in a few bytes. */
const MOST_PIXELS = 1 << 24;

interface Bitmap {
  left: number;
  top: number;
  /** Of the rectangle. */
  width: number;
  height: number;
  /** Of the data. */
  rowWidth: number;
  rows: number;
  bitsPerPixel: number;
  flags: number;
  whole: Uint8Array;
  data: Uint8Array;
}

/** What to hand on instead of a bitmap update (MS-RDPBCGR 2.2.9.1.1.3.1.2); null: the update itself. */
export function repaired(update: Uint8Array): Uint8Array[] | null {
  const bitmaps = parse(update);
  if (!bitmaps?.some(isOurs)) return null;
  if (bitmaps.reduce((sum, { rowWidth, rows }) => sum + rowWidth * rows, 0) > MOST_PIXELS) return null;
  const pdus: Uint8Array[] = [];
  for (const bitmap of bitmaps) {
    if (!isOurs(bitmap) && bitmap.whole.length <= LARGEST_KEPT) pdus.push(fastPath(bitmap.whole));
    else {
      const strips = cut(bitmap);
      if (!strips) return null;
      pdus.push(...strips);
    }
  }
  return pdus;
}

function isOurs({ width, height, rowWidth, rows, bitsPerPixel, flags }: Bitmap): boolean {
  const isInterleaved = (flags & COMPRESSED) !== 0 && (bitsPerPixel === 16 || bitsPerPixel === 24);
  return isInterleaved || rowWidth > width || rows > height;
}

function parse(update: Uint8Array): Bitmap[] | null {
  const view = new DataView(update.buffer, update.byteOffset, update.length);
  const u16 = (at: number) => view.getUint16(at, true);
  if (update.length < 4 || u16(0) !== UPDATE_BITMAP) return null;
  const found: Bitmap[] = [];
  let at = 4;
  for (let left = u16(2); left > 0; left--) {
    if (at + RECTANGLE_SIZE > update.length) return null;
    const size = u16(at + 16);
    const end = at + RECTANGLE_SIZE + size;
    if (end > update.length) return null;
    const flags = u16(at + 14);
    const header = flags & COMPRESSED && !(flags & NO_COMPRESSION_HEADER) ? COMPRESSION_HEADER_SIZE : 0;
    found.push({
      left: u16(at),
      top: u16(at + 2),
      width: u16(at + 4) - u16(at) + 1,
      height: u16(at + 6) - u16(at + 2) + 1,
      rowWidth: u16(at + 8),
      rows: u16(at + 10),
      bitsPerPixel: u16(at + 12),
      flags,
      whole: update.subarray(at, end),
      data: update.subarray(at + RECTANGLE_SIZE + header, end),
    });
    at = end;
  }
  return found;
}

/** The bitmap without its padding, as PDUs; null when its data is wrong or of another kind. */
function cut(bitmap: Bitmap): Uint8Array[] | null {
  const { width, height, rowWidth, rows, bitsPerPixel } = bitmap;
  if (width < 1 || height < 1 || width > rowWidth || height > rows) return null;
  const pixels = decoded(bitmap);
  if (!pixels) return null;
  const bytes = bitsPerPixel / 8;
  const stride = Math.ceil((width * bytes) / 4) * 4;
  const perStrip = Math.max(1, Math.floor(LARGEST_STRIP / stride));
  const pdus: Uint8Array[] = [];
  // The data's first row is the lowest of the picture, and padding rows are above it.
  for (let first = 0; first < height; first += perStrip) {
    const count = Math.min(perStrip, height - first);
    const strip = new Uint8Array(RECTANGLE_SIZE + stride * count);
    const view = new DataView(strip.buffer);
    const bottom = bitmap.top + height - 1 - first;
    const fields = [bitmap.left, bottom - count + 1, bitmap.left + width - 1, bottom, width, count, bitsPerPixel, 0, stride * count];
    fields.forEach((value, index) => view.setUint16(index * 2, value, true));
    for (let row = 0; row < count; row++) {
      const source = (first + row) * rowWidth;
      const target = RECTANGLE_SIZE + row * stride;
      for (let x = 0; x < width; x++) {
        const value = pixels[source + x] ?? 0;
        for (let i = 0; i < bytes; i++) strip[target + x * bytes + i] = value >>> (8 * i);
      }
    }
    pdus.push(fastPath(strip));
  }
  return pdus;
}

function decoded({ flags, data, rowWidth, rows, bitsPerPixel }: Bitmap): Uint32Array | null {
  if (!(flags & COMPRESSED)) return uncompressed(data, rowWidth, rows, bitsPerPixel);
  if (bitsPerPixel === 16 || bitsPerPixel === 24) return decodeInterleaved(data, rowWidth, rows, bitsPerPixel === 16 ? 2 : 3);
  return bitsPerPixel === 32 ? decodePlanar(data, rowWidth, rows) : null;
}

function uncompressed(data: Uint8Array, width: number, rows: number, bitsPerPixel: number): Uint32Array | null {
  if (![16, 24, 32].includes(bitsPerPixel)) return null;
  const bytes = bitsPerPixel / 8;
  const stride = Math.ceil((width * bytes) / 4) * 4;
  if (data.length < stride * rows) return null;
  const pixels = new Uint32Array(width * rows);
  for (let row = 0, at = 0; row < rows; row++) {
    for (let x = 0; x < width; x++, at++) {
      let value = 0;
      for (let i = 0; i < bytes; i++) value |= (data[row * stride + x * bytes + i] ?? 0) << (8 * i);
      pixels[at] = value;
    }
  }
  return pixels;
}

/** One bitmap in a fast-path output PDU of its own (2.2.9.1.2). */
function fastPath(bitmap: Uint8Array): Uint8Array {
  const size = 4 + bitmap.length;
  const total = 6 + size;
  const pdu = new Uint8Array(total);
  pdu.set([0, 0x80 | (total >> 8), total & 0xff, FAST_PATH_BITMAP, size & 0xff, size >> 8, UPDATE_BITMAP, 0, 1, 0]);
  pdu.set(bitmap, 10);
  return pdu;
}
