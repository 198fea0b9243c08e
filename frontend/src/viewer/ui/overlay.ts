/** What covers the screen while there is none: a pause, or the end. */
import { h, icon } from "./dom";

export interface OverlayAction {
  label: string;
  className: string;
  icon?: string;
  /** An address to go to, or something to do. */
  href?: string;
  run?: () => void;
}

export interface OverlayContent {
  icon: string;
  tone: "calm" | "warning" | "danger";
  title: string;
  text: string;
  advice?: string;
  actions: OverlayAction[];
}

export class Overlay {
  readonly element = h("section", { class: "pv-overlay", hidden: true, "aria-labelledby": "pv-overlay-title" });
  readonly #text = h("p", { class: "pv-overlay-text" });

  show(content: OverlayContent): void {
    const title = h("h2", { class: "pv-overlay-title", id: "pv-overlay-title", tabindex: "-1" }, content.title);
    this.#text.textContent = content.text;
    this.element.replaceChildren(
      h(
        "div",
        { class: `pv-box ${content.tone}` },
        h("div", { class: "pv-box-icon" }, icon(content.icon)),
        title,
        this.#text,
        content.advice ? h("p", { class: "pv-advice" }, icon("bulb"), h("span", {}, content.advice)) : null,
        h("div", { class: "pv-actions" }, ...content.actions.map(actionElement)),
      ),
    );
    this.element.hidden = false;
    title.focus({ preventScroll: true });
  }

  /** Changes the sentence only, e.g. each second of a countdown: the focus stays. */
  update(text: string): void {
    this.#text.textContent = text;
  }

  hide(): void {
    this.element.hidden = true;
    this.element.replaceChildren();
  }
}

function actionElement(action: OverlayAction): HTMLElement {
  const content = [action.icon ? icon(action.icon) : null, action.label];
  if (action.href) return h("a", { class: action.className, href: action.href }, ...content);
  const element = h("button", { class: action.className, type: "button" }, ...content);
  element.addEventListener("click", () => action.run?.());
  return element;
}
