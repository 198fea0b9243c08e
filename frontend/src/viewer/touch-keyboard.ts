/** The phone's own keyboard: a field nobody sees receives the text, the PC gets it key by key. */
import type { RemoteScreen } from "./remote-screen";

const KEYS: Readonly<Record<string, string>> = {
  deleteContentBackward: "Backspace",
  deleteContentForward: "Delete",
  deleteWordBackward: "Backspace",
  insertLineBreak: "Enter",
  insertParagraph: "Enter",
};

export class TouchKeyboard {
  readonly element = document.createElement("textarea");

  constructor(label: string, screen: () => RemoteScreen | null) {
    this.element.className = "pv-touch-keyboard";
    this.element.setAttribute("aria-label", label);
    this.element.autocapitalize = "none";
    this.element.autocomplete = "off";
    this.element.spellcheck = false;
    this.element.tabIndex = -1;
    this.#empty();
    this.element.addEventListener("beforeinput", (event) => {
      const key = KEYS[event.inputType];
      if (key) screen()?.sendKey(key);
      else if (event.data && !event.isComposing) screen()?.typeText(event.data);
      if (!event.isComposing) event.preventDefault();
    });
    this.element.addEventListener("compositionend", (event) => {
      screen()?.typeText(event.data);
      this.#empty();
    });
  }

  toggle(): void {
    if (document.activeElement === this.element) this.element.blur();
    else this.element.focus({ preventScroll: true });
  }

  // Something to delete, or some keyboards never report the backspace key.
  #empty(): void {
    this.element.value = " ";
  }
}
