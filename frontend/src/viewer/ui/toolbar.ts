/** The bar above the screen. One stop of the Tab key; arrows move inside (WAI-ARIA toolbar pattern). */
import { button, h, icon } from "./dom";

export interface ToolbarItem {
  id: string;
  label: string;
  icon: string;
  run(): void;
  /** Stays visible on a phone; the others go behind "more". */
  essential?: boolean;
  /** Only where there is a finger. */
  touchOnly?: boolean;
  danger?: boolean;
  /** The words are shown beside the icon. */
  wide?: boolean;
  /** The same, where the window leaves room. */
  roomy?: boolean;
}

export class Toolbar {
  readonly element: HTMLElement;
  readonly #items = new Map<string, HTMLButtonElement>();
  readonly #row = h("div", { class: "pv-tools" });
  readonly #more: HTMLButtonElement;

  constructor(label: string, moreLabel: string, name: HTMLElement, meter: HTMLElement, items: ToolbarItem[]) {
    this.element = h("div", { class: "pv-toolbar", role: "toolbar", "aria-label": label });
    for (const item of items) this.#add(item);
    this.#more = button(moreLabel, { icon: "dots", className: "pv-tool pv-more", quiet: true }, () => this.#toggle());
    this.#more.setAttribute("aria-expanded", "false");
    this.element.append(name, meter, this.#row, this.#more);
    this.element.addEventListener("keydown", (event) => this.#move(event));
    this.#row.addEventListener("click", () => this.#toggle(false));
    this.#rove(this.#buttons()[0]);
  }

  focus(): void {
    (this.#buttons().find((each) => each.tabIndex === 0) ?? this.#buttons()[0])?.focus();
  }

  press(id: string, pressed: boolean): void {
    this.#items.get(id)?.setAttribute("aria-pressed", String(pressed));
  }

  relabel(id: string, label: string, iconName: string): void {
    const item = this.#items.get(id);
    if (!item) return;
    item.setAttribute("aria-label", label);
    item.dataset["tip"] = label;
    item.querySelector("svg")?.replaceWith(icon(iconName));
    const words = item.querySelector(".pv-tool-label");
    if (words) words.textContent = label;
  }

  /** A dot that says something new is behind the button. */
  flag(id: string, on: boolean): void {
    this.#items.get(id)?.classList.toggle("flagged", on);
  }

  item(id: string): HTMLButtonElement | undefined {
    return this.#items.get(id);
  }

  #add(item: ToolbarItem): void {
    const classes = ["pv-tool", item.essential && "essential", item.touchOnly && "touch-only", item.danger && "danger", item.wide && "wide", item.roomy && "roomy"];
    const element = button(item.label, { icon: item.icon, className: classes.filter(Boolean).join(" "), quiet: true }, () => item.run());
    element.append(h("span", { class: "pv-tool-label", "aria-hidden": "true" }, item.label));
    this.#items.set(item.id, element);
    this.#row.append(element);
  }

  #toggle(open = !this.element.classList.contains("open")): void {
    this.element.classList.toggle("open", open);
    this.#more.setAttribute("aria-expanded", String(open));
  }

  #buttons(): HTMLButtonElement[] {
    return [...this.element.querySelectorAll<HTMLButtonElement>("button")].filter((each) => each.checkVisibility?.() ?? true);
  }

  #move(event: KeyboardEvent): void {
    const buttons = this.#buttons();
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (to === undefined || at < 0) return;
    event.preventDefault();
    const target = buttons[(to + buttons.length) % buttons.length];
    this.#rove(target);
    target?.focus();
  }

  #rove(target: HTMLButtonElement | undefined): void {
    for (const each of this.element.querySelectorAll("button")) each.tabIndex = each === target ? 0 : -1;
  }
}
