/** A line over the screen that says something and may ask for a click: idle time, end of the session. */
import { button, h, icon } from "./dom";

export class Notice {
  readonly element = h("div", { class: "pv-notice", hidden: true });
  readonly #text = h("span", { class: "pv-notice-text" });

  /** `role` alert interrupts a screen reader, status waits for a pause. */
  show(options: { icon: string; text: string; role: "alert" | "status"; action?: { label: string; run(): void } }): void {
    this.#text.textContent = options.text;
    this.element.setAttribute("role", options.role);
    this.element.replaceChildren(
      icon(options.icon),
      this.#text,
      ...(options.action ? [button(options.action.label, { className: "btn btn-sm btn-primary" }, options.action.run)] : []),
    );
    this.element.hidden = false;
  }

  /** The countdown; not said again each second. */
  update(text: string): void {
    this.element.setAttribute("role", "none");
    this.#text.textContent = text;
  }

  hide(): void {
    this.element.hidden = true;
  }
}
