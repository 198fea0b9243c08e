/** The line to the voice server: a ticket, a WebSocket, and both again after a cut. Knows nothing of pages or sound. */
import { type Ending, endingOf, refusalOf } from "./endings";
import { type Message, readMessage } from "./messages";

const DELAYS = [1, 2, 4, 8, 10];
/** Without the room for this long, the page stops trying. */
const GIVE_UP_SECONDS = 300;
const WAIT_SECONDS = 15;
const PING_SECONDS = 10;
/** Nothing heard for this long: the line is dead, whatever the browser believes. */
const SILENT_SECONDS = 25;

export interface Surroundings {
  /** Asks the portal for a ticket. */
  ticket(): Promise<{ ticket: string } | { status: number; code: string }>;
  socket(): WebSocket;
  now(): number;
  later(action: () => void, seconds: number): number;
  forget(timer: number): void;
}

export interface Listener {
  message(message: Message): void;
  /** The line is cut; the next try is in so many seconds. */
  cut(seconds: number): void;
  /** One cannot come in yet; it is tried again by itself. */
  waiting(ending: Ending): void;
  over(ending: Ending): void;
}

export interface Line {
  send(message: object): boolean;
  /** Try at once rather than in a while. */
  hurry(): void;
  leave(): void;
}

export function openLine(around: Surroundings, listener: Listener): Line {
  let socket: WebSocket | null = null;
  let stay: string | null = null;
  let attempt = 0;
  let refused = 0;
  let cutAt: number | null = null;
  let heardAt = 0;
  let timer = 0;
  let pinging = 0;
  let done = false;

  const clear = (): void => {
    around.forget(timer);
    around.forget(pinging);
  };

  function end(ending: Ending): void {
    if (done) return;
    done = true;
    clear();
    socket?.close(1000);
    socket = null;
    listener.over(ending);
  }

  function again(ending: Ending): void {
    if (done) return;
    clear();
    cutAt ??= around.now();
    const seconds = DELAYS[Math.min(attempt, DELAYS.length - 1)] as number;
    attempt += 1;
    if (around.now() - cutAt > GIVE_UP_SECONDS * 1000) {
      end(ending);
      return;
    }
    listener.cut(seconds);
    timer = around.later(() => void connect(), seconds);
  }

  function follow(ending: Ending): void {
    if (ending.then === "over") end(ending);
    else if (ending.then === "wait") {
      clear();
      listener.waiting(ending);
      timer = around.later(() => void connect(), WAIT_SECONDS);
    } else if (ending.then === "once" && refused++ > 0) end(ending);
    else again(ending);
  }

  async function connect(): Promise<void> {
    clear();
    let given: Awaited<ReturnType<Surroundings["ticket"]>>;
    try {
      given = await around.ticket();
    } catch {
      given = { status: 0, code: "" };
    }
    if (done) return;
    if ("code" in given) {
      follow(refusalOf(given.status, given.code));
      return;
    }
    listen(around.socket(), given.ticket);
  }

  function listen(opened: WebSocket, ticket: string): void {
    socket = opened;
    heardAt = around.now();
    opened.addEventListener("open", () => opened.send(JSON.stringify({ type: "hello", ticket, stay })));
    opened.addEventListener("message", (event: MessageEvent) => {
      if (socket !== opened) return;
      heardAt = around.now();
      const message = readMessage(event.data);
      if (!message) return;
      if (message.type === "welcome") {
        stay = message.stay;
        attempt = refused = 0;
        cutAt = null;
      }
      listener.message(message);
    });
    opened.addEventListener("close", (event: CloseEvent) => {
      if (socket !== opened) return;
      socket = null;
      follow(endingOf(event.code));
    });
    ping();
  }

  function ping(): void {
    pinging = around.later(() => {
      if (!socket) return;
      if (around.now() - heardAt > SILENT_SECONDS * 1000) {
        const silent = socket;
        socket = null;
        silent.close();
        again(endingOf(1006));
        return;
      }
      send({ type: "ping", t: Math.round(around.now()) });
      ping();
    }, PING_SECONDS);
  }

  function send(message: object): boolean {
    if (!socket || socket.readyState !== WebSocket.OPEN) return false;
    socket.send(JSON.stringify(message));
    return true;
  }

  void connect();
  return {
    send,
    hurry(): void {
      if (done || socket) return;
      attempt = 0;
      void connect();
    },
    leave(): void {
      send({ type: "leave" });
      end(endingOf(1000));
    },
  };
}
