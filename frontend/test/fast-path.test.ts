import { describe, expect, test } from "vitest";
import { FastPathReader, rowBytes } from "../src/viewer/rdp/fast-path";
import { pointerPixels } from "../src/viewer/rdp/pointer-image";

const u16 = (...values: number[]) => values.flatMap((value) => [value & 0xff, value >> 8]);

/** One fast-path PDU with its updates: [code, data, fragmentation]. */
function pdu(...updates: Array<[code: number, data: number[], fragment?: number]>): Uint8Array {
  const body = updates.flatMap(([code, data, fragment = 0]) => [code | (fragment << 4), ...u16(data.length), ...data]);
  const total = body.length + 3;
  return Uint8Array.from([0, 0x80 | (total >> 8), total & 0xff, ...body]);
}

/** A pointer attribute with its masks. */
function pointer(options: { width: number; height: number; xor: number[]; and: number[]; cache?: number; hot?: [number, number] }): number[] {
  const [x, y] = options.hot ?? [0, 0];
  return [
    ...u16(options.cache ?? 0, x, y, options.width, options.height, options.and.length, options.xor.length),
    ...options.xor,
    ...options.and,
  ];
}

const RED_BLUE = [...u16(32), ...pointer({ width: 2, height: 1, xor: [0, 0, 255, 255, 255, 0, 0, 128], and: [0, 0], cache: 3, hot: [1, 0] })];

describe("FastPathReader", () => {
  test("hidden, default and cached pointers, several to a PDU and several PDUs to a message", () => {
    const message = Uint8Array.from([...pdu([5, []], [6, []]), ...pdu([0xa, u16(7)])]);
    expect(new FastPathReader().read(message)).toEqual([{ kind: "hidden" }, { kind: "default" }, { kind: "cached", cacheIndex: 7 }]);
  });

  test("a new pointer, with its colours", () => {
    const [update] = new FastPathReader().read(pdu([0xb, RED_BLUE]));
    if (update?.kind !== "shape") throw new Error("no shape");
    expect(update.shape).toMatchObject({ cacheIndex: 3, hotSpotX: 1, hotSpotY: 0, width: 2, height: 1, bitsPerPixel: 32 });
    expect([...pointerPixels(update.shape)]).toEqual([255, 0, 0, 255, 0, 0, 255, 128]);
  });

  test("graphics before and a TPKT PDU between are stepped over", () => {
    const tpkt = [3, 0, 0, 8, 1, 2, 3, 4];
    const message = Uint8Array.from([...pdu([1, [1, 2, 3]]), ...tpkt, ...pdu([5, []])]);
    expect(new FastPathReader().read(message)).toEqual([{ kind: "hidden" }]);
  });

  test("a pointer in three fragments, across messages", () => {
    const reader = new FastPathReader();
    expect(reader.read(pdu([0xb, RED_BLUE.slice(0, 5), 2]))).toEqual([]);
    expect(reader.read(pdu([0xb, RED_BLUE.slice(5, 20), 3]))).toEqual([]);
    expect(reader.read(pdu([0xb, RED_BLUE.slice(20), 1]))[0]?.kind).toBe("shape");
  });

  test("sizes that lie are dropped", () => {
    const tooLarge = [...u16(32), ...pointer({ width: 400, height: 400, xor: [0, 0, 0, 0], and: [] })];
    const short = [...u16(32), ...pointer({ width: 16, height: 16, xor: [1, 2, 3, 4], and: [] })];
    const empty = [...u16(32), ...pointer({ width: 0, height: 5, xor: [], and: [] })];
    for (const data of [tooLarge, short, empty, RED_BLUE.slice(0, 10), u16(77)]) {
      expect(new FastPathReader().read(pdu([0xb, data]))).toEqual([]);
    }
  });

  test("any bytes at all: no exception, no endless loop, only well-formed shapes", () => {
    let seed = 20261123;
    const random = () => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) / 0x7fffffff;
    const sample = [...pdu([0xb, RED_BLUE]), ...pdu([9, RED_BLUE.slice(2)]), ...pdu([0xc, RED_BLUE])];
    const reader = new FastPathReader();
    for (let round = 0; round < 20_000; round++) {
      const bytes =
        round % 2
          ? Uint8Array.from({ length: Math.floor(random() * 80) }, () => random() * 256)
          : Uint8Array.from(sample, (value) => (random() < 0.06 ? Math.floor(random() * 256) : value));
      for (const update of reader.read(bytes)) {
        if (update.kind !== "shape") continue;
        const { shape } = update;
        expect(shape.xorMask.length).toBeGreaterThanOrEqual(rowBytes(shape.width, shape.bitsPerPixel) * shape.height);
        expect(shape.hotSpotX).toBeLessThan(shape.width);
        expect(pointerPixels(shape)).toHaveLength(shape.width * shape.height * 4);
      }
    }
  });
});

describe("pointerPixels", () => {
  test("rows go bottom-up", () => {
    const xor = [0, 255, 0, 0, 0, 0, 255, 0]; // bottom row green, top row red; 24 bits, rows padded to 4 bytes
    const shape = { cacheIndex: 0, hotSpotX: 0, hotSpotY: 0, width: 1, height: 2, bitsPerPixel: 24, xorMask: Uint8Array.from(xor), andMask: new Uint8Array(4) };
    expect([...pointerPixels(shape)]).toEqual([255, 0, 0, 255, 0, 255, 0, 255]);
  });

  test("a text cursor that inverts is drawn black, with a halo where it is transparent", () => {
    // Three pixels in a row: transparent, inverted, transparent.
    const shape = { cacheIndex: 0, hotSpotX: 1, hotSpotY: 0, width: 3, height: 1, bitsPerPixel: 1, xorMask: Uint8Array.of(0b0100_0000, 0), andMask: Uint8Array.of(0b1110_0000, 0) };
    const pixels = pointerPixels(shape);
    expect([...pixels.subarray(4, 8)]).toEqual([0, 0, 0, 255]);
    expect([...pixels.subarray(0, 3)]).toEqual([255, 255, 255]);
    expect(pixels[3]).toBeGreaterThan(0);
  });

  test("32 bits whose alpha is nowhere set use the mask", () => {
    const shape = { cacheIndex: 0, hotSpotX: 0, hotSpotY: 0, width: 2, height: 1, bitsPerPixel: 32, xorMask: Uint8Array.of(9, 9, 9, 0, 0, 0, 0, 0), andMask: Uint8Array.of(0b0100_0000, 0) };
    expect([...pointerPixels(shape)]).toEqual([9, 9, 9, 255, 0, 0, 0, 0]);
  });
});
