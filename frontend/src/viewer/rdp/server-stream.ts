/**
 * Cuts what the PC sends into PDUs, and repairs the pictures among them (bitmap-repair.ts).
 *
 * The gateway sends one PDU per message until the first fast-path one, and in any chunking after it
 * (docs/reference/gateway-protocol.md). A stream that cannot be cut is handed on as it is: IronRDP decides.
 */
import { repaired } from "./bitmap-repair";

const TPKT = 3;
const MCS_SEND_DATA_INDICATION = 0x68;
const SHARE_DATA = 7;
const SHARE_HEADERS = 18;
const TYPE_UPDATE = 2;
const FAST_PATH_BITMAP = 1;
const LARGEST_REST = 0x1_0000;

export class ServerStream {
  #cutting = false;
  #broken = false;
  #rest = new Uint8Array(0);

  /** The messages to hand on for one that came. */
  feed(message: Uint8Array): Uint8Array[] {
    if (this.#broken) return [message];
    if (!this.#cutting) {
      if (isFastPath(message)) this.#cutting = true;
      else return isWholeTpkt(message) ? pieces(message) : [message];
    }
    const all = this.#rest.length ? joined([this.#rest, message]) : message;
    const out: Uint8Array[] = [];
    let at = 0;
    for (let size = pduSize(all, at); size !== null; size = pduSize(all, at)) {
      if (size === 0) {
        this.#broken = true;
        out.push(all.slice(at));
        return [joined(out)];
      }
      if (at + size > all.length) break;
      out.push(...pieces(all.subarray(at, at + size)));
      at += size;
    }
    this.#rest = all.slice(at);
    if (this.#rest.length > LARGEST_REST) this.#broken = true;
    return out.length ? [joined(out)] : [];
  }
}

/** An aligned message that starts pictures: RDP's flags leave these bits zero, and 0x30 starts CredSSP. */
function isFastPath(message: Uint8Array): boolean {
  return message.length > 4 && ((message[0] ?? 1) & 0x3f) === 0;
}

function isWholeTpkt(message: Uint8Array): boolean {
  return message[0] === TPKT && pduSize(message, 0) === message.length;
}

/** Bytes in the PDU at `at`; null: not known yet, 0: no PDU. */
function pduSize(bytes: Uint8Array, at: number): number | null {
  const [first, second, third, fourth] = bytes.subarray(at, at + 4);
  if (first === undefined || second === undefined) return null;
  if (first === TPKT) {
    if (third === undefined || fourth === undefined) return null;
    const size = (third << 8) | fourth;
    return size < 7 ? 0 : size;
  }
  if (first & 3) return 0;
  if (!(second & 0x80)) return second < 2 ? 0 : second;
  if (third === undefined) return null;
  const size = ((second & 0x7f) << 8) | third;
  return size < 3 ? 0 : size;
}

function pieces(pdu: Uint8Array): Uint8Array[] {
  const update = pdu[0] === TPKT ? slowPathUpdate(pdu) : fastPathUpdate(pdu);
  return (update && repaired(update)) ?? [pdu];
}

/** The update in a slow-path PDU that holds one and nothing else. */
function slowPathUpdate(pdu: Uint8Array): Uint8Array | null {
  if (pdu[7] !== MCS_SEND_DATA_INDICATION) return null;
  const start = (pdu[13] ?? 0) & 0x80 ? 15 : 14;
  const share = pdu.subarray(start);
  if (share.length < SHARE_HEADERS + 4 || u16(share, 0) !== share.length || (u16(share, 2) & 0x0f) !== SHARE_DATA) return null;
  if (share[14] !== TYPE_UPDATE || share[15] !== 0) return null; // compressed: never asked for
  return share.subarray(SHARE_HEADERS);
}

/** The bitmap update in a fast-path PDU that holds a whole one and nothing else. */
function fastPathUpdate(pdu: Uint8Array): Uint8Array | null {
  const start = (pdu[1] ?? 0) & 0x80 ? 3 : 2;
  if (pdu.length < start + 3 || (pdu[0] ?? 1) >> 6 !== 0) return null;
  // Update header: code, fragmentation 0 (single), compression 0 (none).
  if (pdu[start] !== FAST_PATH_BITMAP || u16(pdu, start + 1) !== pdu.length - start - 3) return null;
  return pdu.subarray(start + 3);
}

function u16(data: Uint8Array, at: number): number {
  return (data[at] ?? 0) | ((data[at + 1] ?? 0) << 8);
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
