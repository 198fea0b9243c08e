/**
 * noVNC that ends where it stumbles. As it comes, an exception while it reads leaves it in the middle of a
 * message, and it goes on from there with the next bytes: a PC could make it read pixels as messages, and what
 * the gateway withholds (the clipboard) would be in them. The two places where bytes are lost or kept:
 *
 * - its reading of messages, called for each WebSocket message and once more after a picture was drawn;
 * - its queue, which throws what does not fit.
 */
import RFB from "@novnc/novnc";

export default class StrictRfb extends RFB {
  constructor(...args: ConstructorParameters<typeof RFB>) {
    super(...args);
    const [, channel] = args;
    const receive = channel.onmessage;
    if (!receive) throw new Error("noVNC listens in another way");
    channel.onmessage = (event) => this.#orEnd(() => receive.call(channel, event));
  }

  /** noVNC's own: reads the messages that are in its queue. */
  override _handleMessage(): void {
    this.#orEnd(() => super._handleMessage());
  }

  #orEnd(read: () => void): void {
    try {
      read();
    } catch (error) {
      this._fail(`Lost its place in the stream: ${error}`);
    }
  }
}
