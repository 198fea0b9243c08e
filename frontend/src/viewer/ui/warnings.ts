/** The two warnings over a live screen: nobody there, and the end of the time allowed. */
import { clock, hour } from "../countdown";
import type { Say } from "../texts";
import { Notice } from "./notice";

export class Warnings {
  readonly #notice = new Notice();
  #understood = false;
  #shown: "idle" | "end" | null = null;

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
    this.hide();
  }

  hide(): void {
    this.#shown = null;
    this.#notice.hide();
  }

  idle(secondsLeft: number | null): void {
    if (secondsLeft === null) return this.#shown === "idle" ? this.hide() : undefined;
    this.#show("idle", "hourglass", this.say("idle.warning", { time: clock(secondsLeft) }), this.say("idle.stay"), this.stay);
  }

  endNear(at: number, secondsLeft: number): void {
    // The nearer danger first: without activity the session closes within the minute.
    if (this.#understood || this.#shown === "idle") return;
    const text = this.say("end.near", { hour: hour(at), time: clock(secondsLeft) });
    this.#show("end", "clock", text, this.say("end.understood"), () => {
      this.#understood = true;
      this.hide();
      this.focusScreen();
    });
  }

  #show(kind: "idle" | "end", icon: string, text: string, label: string, run: () => void): void {
    if (this.#shown === kind) return this.#notice.update(text);
    this.#shown = kind;
    this.#notice.show({ icon, text, role: "alert", action: { label, run } });
  }
}
