/**
 * Decodes interleaved RLE, the codec of RDP's bitmap updates at 16 and 24 bits (MS-RDPBCGR 2.2.9.1.1.3.1.2.4, 3.1.9).
 *
 * The bytes come from the office PC: what does not decode to exactly the promised pixels is null.
 */

const WHITE_PIXEL = 0xfd;
const BLACK_PIXEL = 0xfe;
const EIGHT_BY_3 = 0xf9;
const EIGHT_BY_5 = 0xfa;

type Kind = "background" | "foreground" | "mask" | "colour" | "pixels" | "dithered";
interface Order {
  kind: Kind;
  /** The foreground's colour comes first, and stays. */
  sets: boolean;
}
const KINDS: readonly Kind[] = ["background", "foreground", "mask", "colour", "pixels"];
const LITE: Readonly<Record<number, Order>> = {
  0xc: { kind: "foreground", sets: true },
  0xd: { kind: "mask", sets: true },
  0xe: { kind: "dithered", sets: false },
};
const MEGA: Readonly<Record<number, Order>> = {
  0xf6: { kind: "foreground", sets: true },
  0xf7: { kind: "mask", sets: true },
  0xf8: { kind: "dithered", sets: false },
};

/** `width` × `height` pixels, rows in the order of the data (the lowest first); null when the data is wrong. */
export function decodeInterleaved(data: Uint8Array, width: number, height: number, bytes: 2 | 3): Uint32Array | null {
  const pixels = new Uint32Array(width * height);
  const white = bytes === 2 ? 0xffff : 0xffffff;
  let foreground = white;
  let from = 0;
  let to = 0;
  let afterBackground = false;
  let firstLine = true;

  const byte = () => data[from++] ?? 0;
  const pixel = () => {
    let value = 0;
    for (let i = 0; i < bytes; i++) value |= byte() << (8 * i);
    return value >>> 0;
  };
  const above = () => (firstLine ? 0 : (pixels[to - width] ?? 0));
  const put = (value: number) => (pixels[to++] = value);
  const masked = (mask: number, count: number) => {
    for (let bit = 0; bit < count; bit++) put((mask >> bit) & 1 ? above() ^ foreground : above());
  };
  /** Length of a run: the code's low bits, or what follows them. */
  const length = (code: number, { kind }: Order): number => {
    if (code >= 0xf0) return byte() | (byte() << 8);
    const bits = code & (code >> 6 === 3 ? 0x0f : 0x1f);
    if (kind === "mask") return bits ? bits * 8 : byte() + 1;
    return bits || byte() + (code >> 6 === 3 ? 16 : 32);
  };

  while (from < data.length) {
    if (firstLine && to >= width) firstLine = afterBackground = false;
    const code = byte();
    if (code === WHITE_PIXEL || code === BLACK_PIXEL || code === EIGHT_BY_3 || code === EIGHT_BY_5) {
      afterBackground = false;
      if (to + (code >= WHITE_PIXEL ? 1 : 8) > pixels.length) return null;
      if (code >= WHITE_PIXEL) put(code === WHITE_PIXEL ? white : 0);
      else masked(code === EIGHT_BY_3 ? 0x03 : 0x05, 8);
      continue;
    }
    const order = orderOf(code);
    if (!order) return null;
    const run = length(code, order);
    if (order.sets) foreground = pixel();
    if (to + (order.kind === "dithered" ? 2 * run : run) > pixels.length) return null;
    if (order.kind === "background") {
      // Two background runs in a row: the pixel between them is a foreground one.
      for (let i = 0; i < run; i++) put(i === 0 && afterBackground ? above() ^ foreground : above());
      afterBackground = true;
      continue;
    }
    afterBackground = false;
    if (order.kind === "foreground") for (let i = 0; i < run; i++) put(above() ^ foreground);
    else if (order.kind === "mask") for (let left = run; left > 0; left -= 8) masked(byte(), Math.min(8, left));
    else if (order.kind === "pixels") for (let i = 0; i < run; i++) put(pixel());
    else if (order.kind === "colour") pixels.fill(pixel(), to, (to += run));
    else {
      const [one, other] = [pixel(), pixel()];
      for (let i = 0; i < run; i++) put(one), put(other);
    }
  }
  return to === pixels.length && from === data.length ? pixels : null;
}

function orderOf(code: number): Order | null {
  const kind = code >= 0xf0 ? KINDS[code & 0x0f] : code >> 6 === 3 ? undefined : KINDS[code >> 5];
  if (kind) return { kind, sets: false };
  return MEGA[code] ?? (code < 0xf0 ? LITE[code >> 4] : undefined) ?? null;
}
