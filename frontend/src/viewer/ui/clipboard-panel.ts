/** The clipboard, by hand: what the PC copied, and what to give it. Each direction only if allowed. */
import type { Policy } from "../remote-screen";
import type { Say } from "../texts";
import { button, h, icon } from "./dom";

export class ClipboardPanel {
  readonly element = h("div", { class: "pv-panel-body" });
  readonly #received = h("textarea", { class: "form-control", rows: "4", readonly: true, id: "pv-clip-from" });
  readonly #toSend = h("textarea", { class: "form-control", rows: "4", id: "pv-clip-to" });

  constructor(
    private readonly say: Say,
    private readonly send: (text: string) => void,
    private readonly announce: (text: string) => void,
  ) {}

  /** Lays the panel out for what this session allows. */
  allow(policy: Policy): void {
    this.element.replaceChildren(
      this.#direction("clipboard.from", policy.clipboard_from_pc, "clipboard.from_off", this.#received, this.#copyButton()),
      this.#direction("clipboard.to", policy.clipboard_to_pc, "clipboard.to_off", this.#toSend, this.#sendButton()),
    );
  }

  receive(text: string): void {
    this.#received.value = text;
  }

  clear(): void {
    this.#received.value = "";
    this.#toSend.value = "";
  }

  #direction(
    label: "clipboard.from" | "clipboard.to",
    allowed: boolean,
    off: "clipboard.from_off" | "clipboard.to_off",
    area: HTMLTextAreaElement,
    action: HTMLElement,
  ): HTMLElement {
    if (!allowed) {
      return h("div", { class: "pv-off" }, icon("clipboard-off"), h("div", {}, h("strong", {}, this.say(label)), h("p", {}, this.say(off))));
    }
    return h("div", { class: "pv-direction" }, h("label", { class: "form-label", for: area.id }, this.say(label)), area, action);
  }

  #copyButton(): HTMLElement {
    return button(this.say("clipboard.copy"), { icon: "copy", className: "btn btn-sm" }, () => {
      this.#received.select();
      void navigator.clipboard
        ?.writeText(this.#received.value)
        .then(() => this.announce(this.say("clipboard.copied")))
        .catch(() => this.announce(this.say("clipboard.copy_by_hand")));
    });
  }

  #sendButton(): HTMLElement {
    return button(this.say("clipboard.send"), { icon: "clipboard-text", className: "btn btn-sm btn-primary" }, () => {
      this.send(this.#toSend.value);
      this.announce(this.say("clipboard.sent"));
    });
  }
}
