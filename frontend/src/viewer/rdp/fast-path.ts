/**
 * Reads the pointer updates in RDP's fast-path output (MS-RDPBCGR 2.2.9.1.2).
 *
 * The bytes come from the office PC: every length is checked, and what does not fit is dropped
 * in silence, because IronRDP reads the same bytes and decides on the connection.
 */

/** A pointer's shape, as two masks (MS-RDPBCGR 2.2.9.1.1.4.4 and .5). Rows go bottom-up. */
export interface PointerShape {
  cacheIndex: number;
  hotSpotX: number;
  hotSpotY: number;
  width: number;
  height: number;
  bitsPerPixel: number;
  xorMask: Uint8Array;
  andMask: Uint8Array;
}

export type PointerUpdate =
  | { kind: "hidden" }
  | { kind: "default" }
  | { kind: "cached"; cacheIndex: number }
  | { kind: "shape"; shape: PointerShape };

const CODE = { hidden: 0x5, default: 0x6, color: 0x9, cached: 0xa, shape: 0xb, large: 0xc } as const;
const FRAGMENT = { single: 0, last: 1, first: 2, next: 3 } as const;
const COMPRESSION_USED = 2;
const LARGEST_SIDE = 384;
const LARGEST_UPDATE = 1 << 20;

/** Puts fragmented updates together again (MS-RDPBCGR 2.2.9.1.2.1); one for each connection. */
export class FastPathReader {
  #parts: Uint8Array[] = [];
  #size = 0;

  /** The pointer updates in one WebSocket message: one PDU, or several back to back. */
  read(message: Uint8Array): PointerUpdate[] {
    const found: PointerUpdate[] = [];
    let at = 0;
    while (at < message.length) {
      const pdu = pduLength(message, at);
      if (!pdu || at + pdu.total > message.length) break;
      if (pdu.fastPath) this.#updates(message.subarray(at + pdu.header, at + pdu.total), found);
      at += pdu.total;
    }
    return found;
  }

  #updates(body: Uint8Array, found: PointerUpdate[]): void {
    let at = 0;
    while (at + 3 <= body.length) {
      const header = byte(body, at);
      const compressed = header >> 6 === COMPRESSION_USED;
      const start = at + (compressed ? 4 : 3);
      const size = u16(body, start - 2);
      if (start + size > body.length) return;
      const data = body.subarray(start, start + size);
      // Compressed updates are never asked for: IronRDP announces no bulk compression.
      const whole = compressed ? null : this.#assemble((header >> 4) & 3, data);
      const update = whole && pointerUpdate(header & 0xf, whole);
      if (update) found.push(update);
      at = start + size;
    }
  }

  #assemble(fragment: number, data: Uint8Array): Uint8Array | null {
    if (fragment === FRAGMENT.single) return data;
    if (fragment === FRAGMENT.first) this.#reset();
    this.#parts.push(data);
    this.#size += data.length;
    if (this.#size > LARGEST_UPDATE) this.#reset();
    if (fragment !== FRAGMENT.last) return null;
    const whole = new Uint8Array(this.#size);
    let at = 0;
    for (const part of this.#parts) {
      whole.set(part, at);
      at += part.length;
    }
    this.#reset();
    return whole;
  }

  #reset(): void {
    this.#parts = [];
    this.#size = 0;
  }
}

/** The length of the PDU at `at`: TPKT (RFC 1006, first byte 3) or fast-path (low bits 00). */
function pduLength(bytes: Uint8Array, at: number): { total: number; header: number; fastPath: boolean } | null {
  if (at + 3 > bytes.length) return null;
  const first = byte(bytes, at);
  if (first === 3) {
    if (at + 4 > bytes.length) return null;
    const total = (byte(bytes, at + 2) << 8) | byte(bytes, at + 3);
    return total >= 4 ? { total, header: 4, fastPath: false } : null;
  }
  if ((first & 3) !== 0) return null;
  const long = (byte(bytes, at + 1) & 0x80) !== 0;
  const total = long ? ((byte(bytes, at + 1) & 0x7f) << 8) | byte(bytes, at + 2) : byte(bytes, at + 1);
  const header = long ? 3 : 2;
  // Encrypted fast-path (standard RDP security) carries a signature; under TLS there is none.
  return total >= header && first >> 6 === 0 ? { total, header, fastPath: true } : null;
}

function pointerUpdate(code: number, data: Uint8Array): PointerUpdate | null {
  switch (code) {
    case CODE.hidden:
      return { kind: "hidden" };
    case CODE.default:
      return { kind: "default" };
    case CODE.cached:
      return data.length >= 2 ? { kind: "cached", cacheIndex: u16(data, 0) } : null;
    case CODE.color:
      return shape(data, 0, 24, 2);
    case CODE.shape:
      return data.length >= 2 ? shape(data, 2, u16(data, 0), 2) : null;
    case CODE.large:
      return data.length >= 2 ? shape(data, 2, u16(data, 0), 4) : null;
    default:
      return null;
  }
}

/** TS_COLORPOINTERATTRIBUTE at `at`; the two mask lengths take `lengthSize` bytes each. */
function shape(data: Uint8Array, at: number, bitsPerPixel: number, lengthSize: 2 | 4): PointerUpdate | null {
  const masksAt = at + 10 + 2 * lengthSize;
  if (data.length < masksAt || ![1, 16, 24, 32].includes(bitsPerPixel)) return null;
  const [cacheIndex, hotSpotX, hotSpotY, width, height] = [0, 2, 4, 6, 8].map((offset) => u16(data, at + offset)) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const length = (offset: number) =>
    lengthSize === 2 ? u16(data, offset) : u16(data, offset) + u16(data, offset + 2) * 0x1_0000;
  const andLength = length(at + 10);
  const xorLength = length(at + 10 + lengthSize);
  if (width === 0 || height === 0 || width > LARGEST_SIDE || height > LARGEST_SIDE) return null;
  if (masksAt + xorLength + andLength > data.length) return null;
  if (xorLength < rowBytes(width, bitsPerPixel) * height) return null;
  // A colour pointer with alpha may come without its AND mask.
  if (andLength !== 0 && andLength < rowBytes(width, 1) * height) return null;
  return {
    kind: "shape",
    shape: {
      cacheIndex,
      hotSpotX: Math.min(hotSpotX, width - 1),
      hotSpotY: Math.min(hotSpotY, height - 1),
      width,
      height,
      bitsPerPixel,
      xorMask: data.slice(masksAt, masksAt + xorLength),
      andMask: data.slice(masksAt + xorLength, masksAt + xorLength + andLength),
    },
  };
}

/** Bytes in one row of a mask: padded to 16 bits. */
export function rowBytes(width: number, bitsPerPixel: number): number {
  return Math.ceil((width * bitsPerPixel) / 16) * 2;
}

function byte(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}

function u16(bytes: Uint8Array, at: number): number {
  return byte(bytes, at) | (byte(bytes, at + 1) << 8);
}
