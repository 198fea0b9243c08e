/** The picture's quality: three choices, and what holds at this moment. */
import { type Choice, CHOICES } from "../picture-choice";
import type { Say, TextKey } from "../texts";
import { h } from "./dom";

export class PicturePanel {
  readonly element: HTMLElement;
  readonly #now = h("p", { class: "pv-note", "aria-live": "polite" });

  constructor(
    private readonly say: Say,
    choice: Choice,
    light: boolean,
    chosen: (choice: Choice) => void,
  ) {
    const options = CHOICES.map((each) => {
      const input = h("input", { type: "radio", name: "pv-picture", value: each, class: "form-check-input" });
      input.checked = each === choice;
      input.addEventListener("change", () => chosen(each));
      const words = h("span", { class: "form-check-label" }, say(`picture.${each}` as TextKey));
      const detail = h("span", { class: "form-check-description" }, say(`picture.${each}_detail` as TextKey));
      return h("label", { class: "form-check" }, input, words, detail);
    });
    const group = h("fieldset", { class: "pv-picture" }, h("legend", { class: "visually-hidden" }, say("picture.title")), ...options);
    this.element = h("div", { class: "pv-panel-body" }, group, this.#now);
    this.show(light);
  }

  show(light: boolean): void {
    this.#now.textContent = this.say(light ? "picture.now_light" : "picture.now_comfort");
  }
}
