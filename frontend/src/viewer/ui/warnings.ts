/** The two warnings over a live screen: nobody there, and the end of the time allowed. */
import { clock, hour } from "../countdown";
import type { Say } from "../texts";
import { Notice } from "./notice";

export class Warnings {
  readonly #notice = new Notice();
  #understood = false;

  constructor(
    private readonly say: Say,
    /** The user says that they are there. */
    private readonly stay: () => void,
    private readonly focusScreen: () => void,
  ) {}

  get element(): HTMLElement {
    return this.#notice.element;
  }

  /** Another session: its end has not been announced yet. */
  reset(): void {
    this.#understood = false;
    this.#notice.hide();
  }

  hide(): void {
    this.#notice.hide();
  }

  idle(secondsLeft: number | null): void {
    if (secondsLeft === null) return this.#notice.hide();
    this.#show("hourglass", this.say("idle.warning", { time: clock(secondsLeft) }), this.say("idle.stay"), this.stay);
  }

  endNear(at: number, secondsLeft: number): void {
    if (this.#understood) return;
    const text = this.say("end.near", { hour: hour(at), time: clock(secondsLeft) });
    this.#show("clock", text, this.say("end.understood"), () => {
      this.#understood = true;
      this.#notice.hide();
      this.focusScreen();
    });
  }

  #show(icon: string, text: string, label: string, run: () => void): void {
    if (this.#notice.open) this.#notice.update(text);
    else this.#notice.show({ icon, text, role: "alert", action: { label, run } });
  }
}
