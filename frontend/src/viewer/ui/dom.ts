/** Elements from data. No HTML is ever parsed: what the PC or the portal says stays text. */

export type Child = Node | string | null | undefined | false;

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string | boolean | undefined> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child): child is Node | string => Boolean(child)));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

export function svg(tag: string, attributes: Record<string, string> = {}): SVGElement {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

// The sprite lies beside the folder of the scripts (vite/icon-sprite.ts).
const SPRITE = new URL(["..", `icons.svg?v=${__ICONS_VERSION__}`].join("/"), import.meta.url).href;

/** An icon of icons.txt, hidden from screen readers: the words beside it, or the label, say it. */
export function icon(name: string): SVGElement {
  const element = svg("svg", { class: "icon", "aria-hidden": "true", focusable: "false" });
  element.append(svg("use", { href: `${SPRITE}#tabler-${name}` }));
  return element;
}

/** A button with an icon; `label` is shown, or said when `quiet`. */
export function button(
  label: string,
  options: { icon?: string; className?: string; quiet?: boolean; type?: "button" | "submit" },
  action?: () => void,
): HTMLButtonElement {
  const element = h(
    "button",
    {
      type: options.type ?? "button",
      class: options.className ?? "btn",
      "aria-label": options.quiet ? label : undefined,
      "data-tip": options.quiet ? label : undefined,
    },
    options.icon ? icon(options.icon) : null,
    options.quiet ? null : label,
  );
  if (action) element.addEventListener("click", action);
  return element;
}
