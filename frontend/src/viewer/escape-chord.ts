/**
 * The way out of the captured keyboard: Ctrl, Alt and Shift pressed together, then released, with
 * no other key in between. Everything else goes to the PC.
 *
 * Deciding at release, and only without another key, leaves the PC every shortcut made of these
 * three; AltGr, which Windows reports as Ctrl+Alt, does not count.
 */

export interface KeyLike {
  type: string;
  code: string;
  key: string;
  ctrlKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
}

const MODIFIERS = /^(Control|Alt|Shift)(Left|Right)$/;

export class EscapeChord {
  #armed = false;

  /** True when this event completes the chord. */
  feed(event: KeyLike): boolean {
    if (event.type === "keydown") {
      const modifier = MODIFIERS.test(event.code) && event.key !== "AltGraph" && event.code !== "AltRight";
      this.#armed = modifier && event.ctrlKey && event.altKey && event.shiftKey;
      return false;
    }
    const completed = this.#armed && MODIFIERS.test(event.code);
    this.#armed = false;
    return completed;
  }
}
