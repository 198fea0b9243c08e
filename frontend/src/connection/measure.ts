/** The measures themselves: round trips to the gateway and a download from the portal. */
import { jitter, kilobits, type Mark, median } from "./figures";

const TRIPS = 12;
/** The first ones pay for what the connection still has to set up. */
const WARMING = 2;
const SOCKET_MS = 6_000;
const DOWNLOAD_MS = 4_000;
const GIVE_UP_MS = 20_000;

export interface Trips {
  readonly latency: number;
  readonly jitter: number;
}

function trips(values: readonly number[]): Trips | null {
  const kept = values.length > WARMING ? values.slice(WARMING) : values;
  const latency = median(kept);
  return latency === null ? null : { latency: Math.round(latency), jitter: Math.round(jitter(kept)) };
}

/** Round trips through a WebSocket to the gateway; null: none can be opened, or nothing comes back. */
export function gatewayTrips(address: string): Promise<Trips | null> {
  return new Promise((resolve) => {
    const values: number[] = [];
    let sent = 0;
    let socket: WebSocket;
    const end = (): void => {
      clearTimeout(timer);
      socket?.close();
      resolve(trips(values));
    };
    const timer = setTimeout(end, SOCKET_MS);
    try {
      socket = new WebSocket(address);
    } catch {
      clearTimeout(timer);
      resolve(null);
      return;
    }
    const ask = (): void => {
      sent = performance.now();
      socket.send(new Uint8Array(8));
    };
    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", ask);
    socket.addEventListener("message", () => {
      values.push(performance.now() - sent);
      if (values.length < TRIPS) ask();
      else end();
    });
    socket.addEventListener("close", end);
  });
}

/** Round trips to the portal, for who has no WebSocket: what they would have is not better. */
export async function portalTrips(address: string): Promise<Trips | null> {
  const values: number[] = [];
  for (let trip = 0; trip < TRIPS / 2; trip += 1) {
    const before = performance.now();
    const response = await fetch(address, { cache: "no-store", redirect: "error", signal: AbortSignal.timeout(SOCKET_MS) });
    if (!response.ok) throw new Error("refused");
    values.push(performance.now() - before);
  }
  return trips(values);
}

/** Kilobits a second of a download, stopped after a few seconds: a slow line is not made to wait. */
export async function download(address: string, latency: number): Promise<number> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), GIVE_UP_MS);
  const marks: Mark[] = [{ at: performance.now(), bytes: 0 }];
  try {
    const response = await fetch(address, { cache: "no-store", redirect: "error", signal: stop.signal });
    if (!response.ok || !response.body) throw new Error("refused");
    const reader = response.body.getReader();
    const start = marks[0]?.at ?? 0;
    let bytes = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      bytes += value.byteLength;
      marks.push({ at: performance.now(), bytes });
      if (performance.now() - start > DOWNLOAD_MS) {
        stop.abort();
        break;
      }
    }
  } catch (problem) {
    if (marks.length < 2) throw problem;
  } finally {
    clearTimeout(timer);
  }
  return kilobits(marks, latency);
}
