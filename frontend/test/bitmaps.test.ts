import { describe, expect, test } from "vitest";
import { repaired } from "../src/viewer/rdp/bitmap-repair";
import { decodeInterleaved } from "../src/viewer/rdp/interleaved";
import { decodePlanar } from "../src/viewer/rdp/planar";
import { ServerStream } from "../src/viewer/rdp/server-stream";

const u16 = (...values: number[]) => values.flatMap((value) => [value & 0xff, value >> 8]);
const bytes = (...values: number[]) => Uint8Array.from(values);
const [W, R, G] = [0xffff, 0xf800, 0x07e0];

describe("interleaved RLE", () => {
  const decode = (width: number, height: number, ...data: number[]) => {
    const pixels = decodeInterleaved(bytes(...data), width, height, 2);
    return pixels && [...pixels];
  };

  test("pixels as they are, runs of a colour, two colours in turn", () => {
    expect(decode(4, 1, 0x84, ...u16(1, 2, 3, 4))).toEqual([1, 2, 3, 4]);
    expect(decode(3, 1, 0x63, ...u16(R))).toEqual([R, R, R]);
    expect(decode(4, 1, 0xe2, ...u16(R, G))).toEqual([R, G, R, G]);
  });

  test("background is black on the first row and the pixel above after it", () => {
    expect(decode(2, 2, 0x82, ...u16(R, G), 0x02)).toEqual([R, G, R, G]);
    expect(decode(2, 1, 0x02)).toEqual([0, 0]);
  });

  test("two background runs in a row have a foreground pixel between them, but not across the end of the first row", () => {
    expect(decode(4, 2, 0x84, ...u16(R, R, R, R), 0x02, 0x02)).toEqual([R, R, R, R, R, R, R ^ W, R]);
    expect(decode(2, 2, 0x02, 0x02)).toEqual([0, 0, 0, 0]);
  });

  test("foreground: white, or the colour that is set and stays", () => {
    expect(decode(2, 1, 0x22)).toEqual([W, W]);
    expect(decode(4, 1, 0xc2, ...u16(R), 0x22)).toEqual([R, R, R, R]);
  });

  test("masks choose between background and foreground, eight pixels a byte", () => {
    expect(decode(8, 1, 0x41, 0b0000_0101)).toEqual([W, 0, W, 0, 0, 0, 0, 0]);
    expect(decode(8, 1, 0xf9)).toEqual([W, W, 0, 0, 0, 0, 0, 0]);
    expect(decode(8, 1, 0xfa)).toEqual([W, 0, W, 0, 0, 0, 0, 0]);
    expect(decode(4, 1, 0x40, 3, 0b1001)).toEqual([W, 0, 0, W]);
    expect(decode(8, 1, 0xd1, ...u16(R), 0b11)).toEqual([R, R, 0, 0, 0, 0, 0, 0]);
  });

  test("longer runs: one more byte, or two", () => {
    expect(decode(40, 1, 0x60, 8, ...u16(R))).toEqual(Array(40).fill(R));
    expect(decode(300, 1, 0xf3, ...u16(300), ...u16(G))).toEqual(Array(300).fill(G));
    expect(decode(20, 1, 0xc0, 4, ...u16(R))).toEqual(Array(20).fill(R));
  });

  test("single white and black pixels; three bytes a pixel at 24 bits", () => {
    expect(decode(2, 1, 0xfd, 0xfe)).toEqual([W, 0]);
    expect([...(decodeInterleaved(bytes(0x81, 1, 2, 3), 1, 1, 3) ?? [])]).toEqual([0x030201]);
  });

  test("what does not give exactly the picture is refused", () => {
    expect(decode(2, 1, 0x63, ...u16(R))).toBeNull(); // too much
    expect(decode(4, 1, 0x63, ...u16(R))).toBeNull(); // too little
    expect(decode(4, 1, 0x84, ...u16(1, 2))).toBeNull(); // cut short
    expect(decode(1, 1, 0xf5)).toBeNull(); // no such order
  });
});

describe("planar", () => {
  test("planes as they are, then compressed: runs, and differences to the row before", () => {
    expect([...(decodePlanar(bytes(0x20, 1, 2, 3, 4, 5, 6, 0), 2, 1) ?? [])]).toEqual([0xff010305, 0xff020406]);
    // Each plane: row 0 is one value and a run of three; row 1 is +1, then -1 three times.
    const rows = (value: number) => [0x13, value, 0x40, 2, 1, 1, 1];
    const found = decodePlanar(bytes(0x30, ...rows(10), ...rows(20), ...rows(30)), 4, 2);
    expect([...(found ?? [])].slice(0, 4)).toEqual(Array(4).fill(0xff0a141e));
    expect([...(found ?? [])].slice(4)).toEqual([0xff0b151f, 0xff09131d, 0xff09131d, 0xff09131d]);
  });

  test("what is cut short, or of another kind, is refused", () => {
    expect(decodePlanar(bytes(0x20, 1, 2), 2, 1)).toBeNull();
    expect(decodePlanar(bytes(0x30, 0x13), 4, 1)).toBeNull();
    expect(decodePlanar(bytes(0x31, 0), 1, 1)).toBeNull();
  });
});

/** A bitmap update of one rectangle at (10, 20). */
function update(width: number, height: number, rowWidth: number, bitsPerPixel: number, flags: number, data: number[]): number[] {
  return [...u16(1, 1, 10, 20, 10 + width - 1, 20 + height - 1, rowWidth, height, bitsPerPixel, flags, data.length), ...data];
}

/** Slow path: TPKT, MCS, share control, share data. */
function slow(body: number[]): Uint8Array {
  const share = [...u16(18 + body.length, 0x17, 1002), 0, 0, 1, 0, 0, 1, ...u16(body.length), 2, 0, ...u16(0), ...body];
  const total = 15 + share.length;
  return bytes(3, 0, total >> 8, total & 0xff, 2, 0xf0, 0x80, 0x68, 0, 7, 3, 0xeb, 0x70, 0x80 | (share.length >> 8), share.length & 0xff, ...share);
}

const PADDED = update(3, 2, 4, 16, 0x0401, [0x84, ...u16(1, 2, 3, 9), 0x84, ...u16(4, 5, 6, 9)]);
/** The same as it should be shown: 3 pixels a row and 2 bytes to a multiple of 4. */
const CUT = [0, 0x80, 44, 1, ...u16(38), ...update(3, 2, 3, 16, 0, [...u16(1, 2, 3), 0, 0, ...u16(4, 5, 6), 0, 0])];
const POINTER = bytes(0, 5, 5, 0, 0);

describe("padded bitmaps", () => {
  test("are cut to their rectangle", () => {
    expect(repaired(bytes(...PADDED))?.map((pdu) => [...pdu])).toEqual([CUT]);
  });

  test("large ones become strips, the lowest rows first", () => {
    const pixels = Array.from({ length: 4 * 3000 }, (_, index) => index);
    const pdus = repaired(bytes(...update(3, 3000, 4, 16, 0, pixels.flatMap((pixel) => u16(pixel))))) ?? [];
    const views = pdus.map((pdu) => new DataView(pdu.buffer));
    expect(views.map((view) => [view.getUint16(12, true), view.getUint16(16, true)])).toEqual([[1020, 3019], [20, 1019]]);
    expect(views.map((view) => view.getUint16(28, true))).toEqual([0, 8000]);
  });

  test("bitmaps that IronRDP draws right are left alone", () => {
    expect(repaired(bytes(...update(4, 1, 4, 32, 0, Array(16).fill(7))))).toBeNull();
    expect(repaired(bytes(...u16(2, 0)))).toBeNull();
  });

  test("wrong data is left to IronRDP", () => {
    expect(repaired(bytes(...update(3, 1, 4, 16, 0x0401, [0x63, 0, 0])))).toBeNull();
    expect(repaired(bytes(...PADDED.slice(0, -1)))).toBeNull();
  });
});

describe("ServerStream", () => {
  test("passes what comes before pictures message by message", () => {
    const stream = new ServerStream();
    for (const message of [bytes(0x30, 0x82, 1, 2, 3), bytes(0, 0, 0, 0), bytes(3, 0, 0, 8, 2, 0xf0, 0x80, 0x3e)]) {
      expect(stream.feed(message)).toEqual([message]);
    }
    expect(stream.feed(slow(PADDED)).map((pdu) => [...pdu])).toEqual([CUT]);
  });

  test("then repairs pictures in any chunking", () => {
    const whole = [...POINTER, ...slow(PADDED), ...POINTER];
    for (const size of [1, 2, 7, 50, whole.length]) {
      const stream = new ServerStream();
      const found = [...stream.feed(POINTER)];
      for (let at = 0; at < whole.length; at += size) found.push(...stream.feed(bytes(...whole.slice(at, at + size))));
      expect(found.flatMap((each) => [...each])).toEqual([...POINTER, ...POINTER, ...CUT, ...POINTER]);
    }
  });

  test("a fast-path bitmap is repaired too", () => {
    const stream = new ServerStream();
    const total = 6 + PADDED.length;
    const pdu = bytes(0, 0x80 | (total >> 8), total & 0xff, 1, ...u16(PADDED.length), ...PADDED);
    expect(stream.feed(pdu).flatMap((each) => [...each])).toEqual(CUT);
  });

  test("what cannot be cut is handed on as it is, from then on", () => {
    const stream = new ServerStream();
    stream.feed(POINTER);
    expect(stream.feed(bytes(1, 2, 3, 4)).flatMap((each) => [...each])).toEqual([1, 2, 3, 4]);
    expect(stream.feed(slow(PADDED))).toEqual([slow(PADDED)]);
  });
});

test("a hostile PC's promise of more pixels than two screens is not decoded, though it is kept", () => {
  const runs = [...Array<number>(256).fill(65_535), 4096 * 4097 - 256 * 65_535];
  const data = runs.flatMap((run) => [0xf3, ...u16(run), ...u16(R)]);
  const bitmap = [...u16(0, 0, 99, 99, 4096, 4097, 16, 0x0401, data.length), ...data];
  expect(repaired(Uint8Array.from([...u16(1, 1), ...bitmap]))).toBeNull();
});
