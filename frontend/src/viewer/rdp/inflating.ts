/** Inflates what the gateway deflates on the light profile: one raw stream for the whole connection. */

/** Whether this browser can: those of before 2023 cannot inflate a raw stream, and are not to ask for one. */
export function canInflate(): boolean {
  try {
    new DecompressionStream("deflate-raw");
    return true;
  } catch {
    return false;
  }
}

/** Each message is the next piece of the stream; `out` gets what it holds, in order. */
export class Inflating {
  readonly #writer: WritableStreamDefaultWriter<BufferSource>;

  constructor(out: (data: Uint8Array) => void, failed: () => void) {
    const stream = new DecompressionStream("deflate-raw");
    this.#writer = stream.writable.getWriter();
    this.#writer.closed.catch(() => {});
    void this.#read(stream.readable.getReader() as ReadableStreamDefaultReader<Uint8Array>, out).catch(failed);
  }

  feed(data: BufferSource): void {
    this.#writer.write(data).catch(() => {}); // what went wrong is told by the reading side
  }

  async #read(reader: ReadableStreamDefaultReader<Uint8Array>, out: (data: Uint8Array) => void): Promise<void> {
    for (let next = await reader.read(); !next.done; next = await reader.read()) out(next.value);
  }
}
