/** Small builders: elements only, never HTML from data. */

type Attributes = Record<string, string | boolean | number | undefined>;

export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: (Node | string | null)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== undefined) made.setAttribute(name, String(value));
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

export function button(label: string, act: () => void, css = "btn", icon = ""): HTMLButtonElement {
  const made = el("button", { type: "button", class: css }, icon ? iconOf(icon) : null, label);
  made.addEventListener("click", act);
  return made;
}

/** An icon of the page's sprite, for decoration. */
export function iconOf(name: string): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  const sprite = document.querySelector<HTMLElement>("#room")?.dataset["icons"] ?? "";
  use.setAttribute("href", `${sprite}#tabler-${name}`);
  svg.append(use);
  return svg;
}

/** Replaces the children, keeping the keyboard where it was: by `data-key` of the focused element. */
export function redraw(parent: HTMLElement, children: Node[]): void {
  const focused = parent.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset["key"] : undefined;
  const open = new Set([...parent.querySelectorAll<HTMLElement>("details[open]")].map((each) => each.dataset["key"]));
  parent.replaceChildren(...children);
  for (const each of parent.querySelectorAll<HTMLDetailsElement>("details")) each.open = open.has(each.dataset["key"]);
  if (focused) parent.querySelector<HTMLElement>(`[data-key="${CSS.escape(focused)}"]`)?.focus();
}

/** A question with yes and no; the answer. */
export function ask(question: string, yes: string, no: string): Promise<boolean> {
  return new Promise((resolve) => {
    const dialog = el("dialog", { class: "room-dialog", "aria-label": question });
    const close = (answer: boolean) => (): void => {
      dialog.close();
      dialog.remove();
      resolve(answer);
    };
    const agree = button(yes, close(true), "btn btn-primary");
    dialog.append(el("p", {}, question), el("div", { class: "btn-list" }, agree, button(no, close(false))));
    dialog.addEventListener("cancel", close(false));
    document.body.append(dialog);
    dialog.showModal();
    agree.focus();
  });
}
