/**
 * Where an RDP handshake stopped, from the first byte of each message of the gateway.
 *
 * Windows says that a password is wrong (TSRequest errorCode, MS-CSSP 2.2.1); older versions and
 * FreeRDP just hang up in the middle of CredSSP. That is a refusal too, and worth the form again.
 */

const DER_SEQUENCE = 0x30;

export class HandshakeTrace {
  #der = 0;
  #other = 0;

  feed(message: ArrayBuffer): void {
    if (new Uint8Array(message)[0] === DER_SEQUENCE) this.#der++;
    else this.#other++;
  }

  /** The PC had begun CredSSP (after the gateway's RDCleanPath answer) and nothing came after it. */
  get stoppedInCredSsp(): boolean {
    return this.#der >= 2 && this.#other === 0;
  }
}
