/** Keys and characters that a browser, a phone or another keyboard cannot send by itself. */
import type { RemoteScreen } from "../remote-screen";
import type { Say, TextKey } from "../texts";
import { button, h } from "./dom";

const CHARACTERS = "é è à ç ù ê ë î ï ô û œ É È À Ç @ # { } [ ] ( ) | \\ ^ ~ ` € « » – ’ … ° § µ".split(" ");
const KEYS: ReadonlyArray<readonly [text: TextKey, code: string, modifiers?: readonly string[]]> = [
  ["keys.escape", "Escape"],
  ["keys.tab", "Tab"],
  ["keys.enter", "Enter"],
  ["keys.backspace", "Backspace"],
  ["keys.delete", "Delete"],
  ["keys.home", "Home"],
  ["keys.end", "End"],
  ["keys.print_screen", "PrintScreen"],
  ["keys.context_menu", "ContextMenu"],
  ["keys.copy", "KeyC", ["ControlLeft"]],
  ["keys.paste", "KeyV", ["ControlLeft"]],
  ["keys.alt_tab", "Tab", ["AltLeft"]],
  ["keys.alt_f4", "F4", ["AltLeft"]],
  ["keys.task_manager", "Escape", ["ControlLeft", "ShiftLeft"]],
];

export class KeysPanel {
  readonly element: HTMLElement;

  constructor(say: Say, screen: () => RemoteScreen | null) {
    const key = (label: string, code: string, modifiers: readonly string[] = []) =>
      button(label, { className: "btn btn-sm pv-key" }, () => screen()?.sendKey(code, modifiers));
    const functions = Array.from({ length: 12 }, (_, index) => key(`F${index + 1}`, `F${index + 1}`));
    const arrows = [["←", "ArrowLeft"], ["↑", "ArrowUp"], ["↓", "ArrowDown"], ["→", "ArrowRight"]] as const;
    this.element = h(
      "div",
      { class: "pv-panel-body" },
      this.#group(say("keys.characters"), CHARACTERS.map((character) => this.#character(character, screen))),
      this.#group(say("keys.keys"), [
        ...KEYS.map(([text, code, modifiers]) => key(say(text), code, modifiers)),
        ...arrows.map(([sign, code]) => {
          const element = key(sign, code);
          element.setAttribute("aria-label", say(`keys.${code}` as TextKey));
          return element;
        }),
      ]),
      this.#group(say("keys.functions"), functions),
      h("p", { class: "pv-note" }, say("keys.way_out")),
    );
  }

  #character(character: string, screen: () => RemoteScreen | null): HTMLElement {
    return button(character, { className: "btn btn-sm pv-key" }, () => screen()?.typeText(character));
  }

  #group(title: string, keys: HTMLElement[]): HTMLElement {
    return h("div", { class: "pv-keys", role: "group", "aria-label": title }, h("h3", {}, title), h("div", {}, ...keys));
  }
}
