/**
 * The address of the gateway's WebSocket.
 *
 * `origin` as the portal says it (`wss://`, `https://`, or empty: the page's own), `path` such as
 * `/gateway/v1/rdp`. Nothing else may be in it: a ticket in an address would end in logs.
 */
export function gatewayUrl(origin: string | null | undefined, path: string, pageOrigin: string): string {
  if (!/^\/[\w./-]*$/.test(path)) throw new Error("the gateway's path may hold no query");
  const base = new URL((origin || pageOrigin).replace(/^http/, "ws"));
  if (!/^wss?:$/.test(base.protocol) || base.search || base.hash || base.username) {
    throw new Error("the gateway's origin is not an origin");
  }
  return `${base.protocol}//${base.host}${path}`;
}
