/** A panel that opens under the bar, closes by Escape or its button, and gives the focus back. */
import { button, h } from "./dom";

export class Panel {
  readonly element: HTMLElement;

  constructor(
    id: string,
    title: string,
    closeLabel: string,
    private readonly closed: () => void,
    ...content: HTMLElement[]
  ) {
    this.element = h(
      "section",
      { class: "pv-panel", id, hidden: true, "aria-labelledby": `${id}-title` },
      h(
        "header",
        { class: "pv-panel-head" },
        h("h2", { class: "pv-panel-title", id: `${id}-title`, tabindex: "-1" }, title),
        button(closeLabel, { icon: "x", className: "pv-tool", quiet: true }, () => this.close()),
      ),
      ...content,
    );
    this.element.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
    });
  }

  get open(): boolean {
    return !this.element.hidden;
  }

  show(focus?: HTMLElement): void {
    this.element.hidden = false;
    (focus ?? this.element.querySelector<HTMLElement>(".pv-panel-title"))?.focus();
  }

  close(): void {
    if (!this.open) return;
    this.element.hidden = true;
    this.closed();
  }
}
