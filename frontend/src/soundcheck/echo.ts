/** Questions to the voice server's echo, one every fiftieth of a second as sound is sent. */

const QUESTIONS = 50;
const EVERY_MS = 20;
const PATIENCE_MS = 6_000;

/** The delays of those that came back. */
export function echo(address: string): Promise<{ sent: number; delays: number[] }> {
  return new Promise((resolve) => {
    const delays: number[] = [];
    let sent = 0;
    let asking = 0;
    const socket = new WebSocket(address);
    socket.binaryType = "arraybuffer";
    const end = (): void => {
      clearTimeout(patience);
      clearInterval(asking);
      socket.close();
      resolve({ sent, delays });
    };
    const patience = setTimeout(end, PATIENCE_MS);
    socket.addEventListener("open", () => {
      asking = window.setInterval(() => {
        if (sent >= QUESTIONS) return clearInterval(asking);
        sent += 1;
        socket.send(new Float64Array([performance.now()]));
      }, EVERY_MS);
    });
    socket.addEventListener("message", (event: MessageEvent<ArrayBuffer>) => {
      if (!(event.data instanceof ArrayBuffer) || event.data.byteLength !== 8) return;
      delays.push(performance.now() - (new Float64Array(event.data)[0] as number));
      if (delays.length >= QUESTIONS) end();
    });
    socket.addEventListener("close", end);
  });
}

/** Whether this browser can open a way for sound at all: some address of its own is found for it. */
export async function canReach(): Promise<boolean> {
  if (typeof RTCPeerConnection !== "function") return false;
  const connection = new RTCPeerConnection();
  try {
    connection.createDataChannel("essai");
    const found = new Promise<boolean>((resolve) => {
      connection.addEventListener("icecandidate", ({ candidate }) => resolve(candidate !== null));
      setTimeout(() => resolve(false), PATIENCE_MS);
    });
    await connection.setLocalDescription(await connection.createOffer());
    return await found;
  } finally {
    connection.close();
  }
}
