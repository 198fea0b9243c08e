/**
 * The WebSocket that IronRDP opens (put in its place by vite/iron-rdp.ts).
 *
 * IronRDP 0.7 hides the close code, and does not show the pointer's shape: an observer set just
 * before `connect()` hears both. What comes is inflated if the gateway says that it deflates, and
 * pictures that IronRDP would draw askew are repaired, before anyone hears of it.
 */
import { Inflating } from "./inflating";
import { ServerStream } from "./server-stream";

export interface SocketObserver {
  opened(socket: WebSocket): void;
  message(data: ArrayBuffer): void;
  closed(code: number): void;
}

/** The gateway's word, in a text frame: from here on, each binary frame is the next piece of one raw deflate stream. */
export const DEFLATED = '{"deflate": true}';
const PROTOCOL_ERROR = 4010;

let waiting: SocketObserver | null = null;

/** The next socket opened is heard by `observer`. */
export function observeNextSocket(observer: SocketObserver): void {
  waiting = observer;
}

export class RdpSocket extends WebSocket {
  readonly #stream = new ServerStream();
  #inflating: Inflating | null = null;

  constructor(url: string | URL, protocols?: string | string[]) {
    super(url, protocols);
    const observer = waiting;
    waiting = null;
    // The first listener: IronRDP's own hear only what is handed on.
    this.addEventListener("message", (event) => {
      if (event.isTrusted) this.#came(event);
      else if (event.data instanceof ArrayBuffer) observer?.message(event.data);
    });
    if (!observer) return;
    this.addEventListener("open", () => observer.opened(this));
    this.addEventListener("close", (event) => {
      // When a connection fails, IronRDP's WebSocket wrapper dispatches a close event of its own, with code 1000.
      if (event.isTrusted) observer.closed(event.code);
    });
  }

  #came(event: MessageEvent): void {
    event.stopImmediatePropagation();
    if (event.data === DEFLATED) {
      this.#inflating ??= new Inflating(
        (data) => this.#handOn(data),
        () => this.close(PROTOCOL_ERROR),
      );
    } else if (event.data instanceof ArrayBuffer) {
      if (this.#inflating) this.#inflating.feed(event.data);
      else this.#handOn(new Uint8Array(event.data));
    }
  }

  #handOn(data: Uint8Array): void {
    for (const message of this.#stream.feed(data)) {
      const alone = message.byteLength === message.buffer.byteLength ? message : message.slice();
      this.dispatchEvent(new MessageEvent("message", { data: alone.buffer }));
    }
  }
}
