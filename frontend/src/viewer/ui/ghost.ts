/** The last picture, grey and still, while there is no live one. */
import { h } from "./dom";

export class Ghost {
  readonly element = h("canvas", { class: "pv-ghost", hidden: true, "aria-hidden": "true" });

  /** Keeps the picture of `source`, in the place where it is. */
  keep(source: HTMLCanvasElement | null, stage: HTMLElement): void {
    if (!source || source.width === 0 || source.height === 0) return;
    const box = source.getBoundingClientRect();
    if (box.width === 0) return; // already taken out of the page
    const room = stage.getBoundingClientRect();
    this.element.width = source.width;
    this.element.height = source.height;
    this.element.getContext("2d")?.drawImage(source, 0, 0);
    const style = this.element.style;
    style.left = `${box.left - room.left}px`;
    style.top = `${box.top - room.top}px`;
    style.width = `${box.width}px`;
    style.height = `${box.height}px`;
    this.element.hidden = false;
  }

  clear(): void {
    this.element.hidden = true;
    this.element.width = this.element.height = 0;
  }
}
