/**
 * Where an RDP handshake stopped, from the first byte of each message of the gateway.
 *
 * Windows says that a password is wrong (TSRequest errorCode, MS-CSSP 2.2.1); older versions and
 * FreeRDP just hang up in the middle of CredSSP. That is a refusal too, and worth the form again.
 */

import { statusIn } from "./sign-in-status";

const DER_SEQUENCE = 0x30;

export class HandshakeTrace {
  #der = 0;
  #other = 0;
  #status: number | null = null;

  feed(message: ArrayBuffer): void {
    const bytes = new Uint8Array(message);
    if (bytes[0] !== DER_SEQUENCE) {
      this.#other++;
      return;
    }
    this.#der++;
    // The first is the gateway's own answer; after CredSSP nothing of Windows begins like this.
    if (this.#der >= 2 && this.#other === 0) this.#status ??= statusIn(bytes);
  }

  /** The NTSTATUS with which the PC ended CredSSP; null: it gave none. */
  get status(): number | null {
    return this.#status;
  }

  /** The PC had begun CredSSP (after the gateway's RDCleanPath answer) and nothing came after it. */
  get stoppedInCredSsp(): boolean {
    return this.#der >= 2 && this.#other === 0;
  }
}
