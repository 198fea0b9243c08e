/**
 * The WebSocket that IronRDP opens (put in its place by vite/iron-rdp.ts).
 *
 * IronRDP 0.7 hides the close code, and does not show the pointer's shape: an observer set just
 * before `connect()` hears both. It only listens: IronRDP's own handlers are untouched.
 */

export interface SocketObserver {
  opened(socket: WebSocket): void;
  message(data: ArrayBuffer): void;
  closed(code: number): void;
}

let waiting: SocketObserver | null = null;

/** The next socket opened is heard by `observer`. */
export function observeNextSocket(observer: SocketObserver): void {
  waiting = observer;
}

export class RdpSocket extends WebSocket {
  constructor(url: string | URL, protocols?: string | string[]) {
    super(url, protocols);
    const observer = waiting;
    waiting = null;
    if (!observer) return;
    this.addEventListener("open", () => observer.opened(this));
    this.addEventListener("close", (event) => {
      // When a connection fails, IronRDP's WebSocket wrapper dispatches a close event of its own, with code 1000.
      if (event.isTrusted) observer.closed(event.code);
    });
    this.addEventListener("message", (event) => {
      if (event.data instanceof ArrayBuffer) observer.message(event.data);
    });
  }
}
