/** Says what happens to screen readers, without moving the focus. */
import { h } from "./dom";

export class Announcer {
  readonly element = h("div", { class: "visually-hidden", role: "status", "aria-live": "polite" });

  say(text: string): void {
    if (this.element.textContent !== text) this.element.textContent = text;
  }
}
