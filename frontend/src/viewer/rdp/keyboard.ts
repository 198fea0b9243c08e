/** The keyboard of an RDP screen: scan codes, locks, and keys that never stay down. */
import { scancode } from "./scancodes";

export interface KeySink {
  key(scancode: number, down: boolean): void;
  locks(scroll: boolean, num: boolean, caps: boolean): void;
  releaseAll(): void;
}

const LOCKS = new Set(["CapsLock", "NumLock", "ScrollLock"]);
/** Windows browsers report AltGr as Ctrl then Alt, within the same instant. */
const ALTGR_MS = 50;

export class RdpKeyboard {
  readonly #down = new Set<string>();
  #controlAt = -Infinity;

  constructor(
    private readonly target: HTMLElement,
    private readonly sink: KeySink,
  ) {
    target.addEventListener("keydown", this.#keyDown);
    target.addEventListener("keyup", this.#keyUp);
    target.addEventListener("focus", this.#focus);
    target.addEventListener("blur", this.releaseAll);
    window.addEventListener("blur", this.releaseAll);
  }

  detach(): void {
    this.target.removeEventListener("keydown", this.#keyDown);
    this.target.removeEventListener("keyup", this.#keyUp);
    this.target.removeEventListener("focus", this.#focus);
    this.target.removeEventListener("blur", this.releaseAll);
    window.removeEventListener("blur", this.releaseAll);
  }

  readonly releaseAll = (): void => {
    this.#down.clear();
    this.sink.releaseAll();
  };

  #locksKnown = false;

  readonly #focus = (): void => {
    this.#locksKnown = false;
  };

  readonly #keyDown = (event: KeyboardEvent): void => {
    const code = scancode(event.code);
    if (code === null) return;
    event.preventDefault();
    if (!this.#locksKnown || LOCKS.has(event.code)) this.#syncLocks(event);
    if (LOCKS.has(event.code)) return; // the state is what was sent: a key press would toggle it back
    if (event.code === "ControlLeft") this.#controlAt = event.timeStamp;
    if (event.code === "AltRight" && event.timeStamp - this.#controlAt < ALTGR_MS && this.#down.delete("ControlLeft")) {
      // The Ctrl was not pressed by a hand; the PC makes its own from AltGr.
      this.sink.key(scancode("ControlLeft") ?? 0, false);
    }
    this.#down.add(event.code);
    this.sink.key(code, true);
  };

  readonly #keyUp = (event: KeyboardEvent): void => {
    const code = scancode(event.code);
    if (code === null) return;
    event.preventDefault();
    if (this.#down.delete(event.code)) this.sink.key(code, false);
    // macOS sends no release for keys let go while Command is held.
    if (event.code.startsWith("Meta") && this.#down.size > 0) this.releaseAll();
  };

  #syncLocks(event: KeyboardEvent): void {
    this.#locksKnown = true;
    this.sink.locks(event.getModifierState("ScrollLock"), event.getModifierState("NumLock"), event.getModifierState("CapsLock"));
  }
}
