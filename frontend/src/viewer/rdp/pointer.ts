/** Mouse and touch of an RDP screen, in the PC's pixels. */

export interface PointerSink {
  move(x: number, y: number): void;
  button(button: number, down: boolean): void;
  wheel(vertical: boolean, amount: number, unit: number): void;
}

const LONG_PRESS_MS = 550;
/** CSS pixels a finger may tremble within a tap. */
const TAP_SLOP = 10;
const RIGHT = 2;

/**
 * One finger: a tap clicks, a long press right-clicks, a slide drags. Two fingers scroll.
 */
export class RdpPointer {
  readonly #touches = new Map<number, { x: number; y: number }>();
  #touch: "none" | "pending" | "drag" | "scroll" | "done" = "none";
  #longPress = 0;
  #last = { x: 0, y: 0 };
  readonly #abort = new AbortController();

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly sink: PointerSink,
  ) {
    const on = <K extends keyof HTMLElementEventMap>(type: K, handler: (event: HTMLElementEventMap[K]) => void) =>
      canvas.addEventListener(type, handler, { signal: this.#abort.signal, passive: false });
    on("pointerdown", (event) => (event.pointerType === "touch" ? this.#touchDown(event) : this.#mouseDown(event)));
    on("pointermove", (event) => (event.pointerType === "touch" ? this.#touchMove(event) : this.#move(event)));
    on("pointerup", (event) => (event.pointerType === "touch" ? this.#touchUp(event) : this.#mouseUp(event)));
    on("pointercancel", (event) => this.#touchUp(event));
    on("wheel", (event) => this.#wheel(event));
    on("contextmenu", (event) => event.preventDefault());
  }

  detach(): void {
    this.#abort.abort();
    clearTimeout(this.#longPress);
  }

  /** Repeats the last place. */
  nudge(): void {
    this.sink.move(this.#last.x, this.#last.y);
  }

  #move(event: PointerEvent): void {
    const box = this.canvas.getBoundingClientRect();
    const x = Math.round(((event.clientX - box.left) * this.canvas.width) / box.width);
    const y = Math.round(((event.clientY - box.top) * this.canvas.height) / box.height);
    // A captured pointer may be outside: the PC only knows its own screen.
    this.#last = {
      x: Math.max(0, Math.min(this.canvas.width - 1, x)),
      y: Math.max(0, Math.min(this.canvas.height - 1, y)),
    };
    this.sink.move(this.#last.x, this.#last.y);
  }

  #mouseDown(event: PointerEvent): void {
    event.preventDefault();
    this.canvas.focus({ preventScroll: true });
    this.canvas.setPointerCapture(event.pointerId);
    this.#move(event);
    this.sink.button(event.button, true);
    // A chord of buttons gives no second pointerdown: it comes as a pointermove with `button` set.
    this.canvas.addEventListener("pointermove", this.#chord, { signal: this.#abort.signal });
  }

  readonly #chord = (event: PointerEvent): void => {
    if (event.button < 0 || event.pointerType === "touch") return;
    const bit = [1, 4, 2, 8, 16][event.button] ?? 0;
    this.sink.button(event.button, (event.buttons & bit) !== 0);
  };

  #mouseUp(event: PointerEvent): void {
    event.preventDefault();
    this.canvas.removeEventListener("pointermove", this.#chord);
    this.#move(event);
    this.sink.button(event.button, false);
  }

  #wheel(event: WheelEvent): void {
    event.preventDefault();
    const vertical = event.deltaY !== 0;
    this.sink.wheel(vertical, -(vertical ? event.deltaY : event.deltaX), event.deltaMode);
  }

  #touchDown(event: PointerEvent): void {
    event.preventDefault();
    this.#touches.set(event.pointerId, { x: event.clientX, y: event.clientY });
    clearTimeout(this.#longPress);
    if (this.#touches.size === 2) {
      if (this.#touch === "drag") this.sink.button(0, false);
      this.#touch = "scroll";
      return;
    }
    if (this.#touches.size > 1) return;
    this.canvas.focus({ preventScroll: true });
    this.#touch = "pending";
    this.#move(event);
    this.#longPress = window.setTimeout(() => {
      this.#touch = "done";
      this.sink.button(RIGHT, true);
      this.sink.button(RIGHT, false);
    }, LONG_PRESS_MS);
  }

  #touchMove(event: PointerEvent): void {
    const start = this.#touches.get(event.pointerId);
    if (!start) return;
    if (this.#touch === "scroll") {
      this.sink.wheel(true, event.clientY - start.y, WheelEvent.DOM_DELTA_PIXEL);
      this.#touches.set(event.pointerId, { x: event.clientX, y: event.clientY });
      return;
    }
    const moved = Math.hypot(event.clientX - start.x, event.clientY - start.y);
    if (this.#touch === "pending" && moved > TAP_SLOP) {
      clearTimeout(this.#longPress);
      this.#touch = "drag";
      this.sink.button(0, true);
    }
    if (this.#touch === "drag") this.#move(event);
  }

  #touchUp(event: PointerEvent): void {
    if (!this.#touches.delete(event.pointerId)) return;
    clearTimeout(this.#longPress);
    if (this.#touch === "pending") this.sink.button(0, true);
    if (this.#touch === "pending" || this.#touch === "drag") this.sink.button(0, false);
    if (this.#touches.size === 0) this.#touch = "none";
    else if (this.#touch !== "scroll") this.#touch = "done";
  }
}
