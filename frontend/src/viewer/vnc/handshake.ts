/** Opens the gateway's VNC channel: ticket first, `{"accepted": true}` back, then RFB. */

export interface Channel {
  /** Called in the very event of the acceptance: the first RFB bytes may be right behind it. */
  accepted(socket: WebSocket): void;
  opened(): void;
  closed(code: number): void;
}

export function openChannel(url: string, ticket: string, channel: Channel): WebSocket {
  const socket = new WebSocket(url);
  socket.binaryType = "arraybuffer";
  socket.addEventListener("open", () => {
    channel.opened();
    socket.send(new TextEncoder().encode(ticket));
  });
  socket.addEventListener("close", (event) => channel.closed(event.code));
  const first = (event: MessageEvent) => {
    socket.removeEventListener("message", first);
    if (isAcceptance(event.data)) channel.accepted(socket);
    else socket.close();
  };
  socket.addEventListener("message", first);
  return socket;
}

/** Whether the gateway's first frame is its text acceptance. */
export function isAcceptance(data: unknown): boolean {
  if (typeof data !== "string") return false;
  try {
    return (JSON.parse(data) as { accepted?: unknown } | null)?.accepted === true;
  } catch {
    return false;
  }
}
