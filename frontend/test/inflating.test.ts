import { deflateRawSync } from "node:zlib";
import { afterEach, expect, test, vi } from "vitest";
import { canInflate, Inflating } from "../src/viewer/rdp/inflating";

afterEach(() => vi.unstubAllGlobals());

test("a browser that cannot inflate a raw stream does not ask for one", () => {
  expect(canInflate()).toBe(true);
  vi.stubGlobal(
    "DecompressionStream",
    class {
      constructor(format: string) {
        if (format === "deflate-raw") throw new TypeError("Unsupported compression format");
      }
    },
  );
  expect(canInflate()).toBe(false);
  vi.stubGlobal("DecompressionStream", undefined);
  expect(canInflate()).toBe(false);
});

test("what was deflated comes out whole", async () => {
  const sent = new TextEncoder().encode("un écran de bureau ".repeat(500));
  const pieces: Uint8Array[] = [];
  const whole = new Promise<void>((done, failed) => {
    let length = 0;
    const inflating = new Inflating((data) => {
      pieces.push(data);
      length += data.length;
      if (length === sent.length) done();
    }, failed);
    const deflated = deflateRawSync(sent);
    inflating.feed(new Uint8Array(deflated.subarray(0, 10)));
    inflating.feed(new Uint8Array(deflated.subarray(10)));
  });
  await whole;
  expect(Buffer.concat(pieces).equals(Buffer.from(sent))).toBe(true);
});
