/**
 * Shows the PC's pointer: IronRDP 0.7 decodes the shapes but never hands them over
 * (Devolutions/IronRDP issue 1900). When a release does, this file and fast-path.ts can go.
 */
import { FastPathReader, type PointerShape, type PointerUpdate } from "./fast-path";
import { pointerPixels } from "./pointer-image";

export class CursorTap {
  readonly #reader = new FastPathReader();
  readonly #cache = new Map<number, string>();

  constructor(private readonly setCursor: (css: string) => void) {}

  feed(message: ArrayBuffer): void {
    for (const update of this.#reader.read(new Uint8Array(message))) this.#apply(update);
  }

  #apply(update: PointerUpdate): void {
    switch (update.kind) {
      case "hidden":
        return this.setCursor("none");
      case "default":
        return this.setCursor("default");
      case "cached":
        return this.setCursor(this.#cache.get(update.cacheIndex) ?? "default");
      case "shape": {
        const css = cursorCss(update.shape);
        this.#cache.set(update.shape.cacheIndex, css);
        return this.setCursor(css);
      }
    }
  }
}

function cursorCss(shape: PointerShape): string {
  const canvas = document.createElement("canvas");
  canvas.width = shape.width;
  canvas.height = shape.height;
  canvas.getContext("2d")?.putImageData(new ImageData(pointerPixels(shape), shape.width, shape.height), 0, 0);
  return `url(${canvas.toDataURL()}) ${shape.hotSpotX} ${shape.hotSpotY}, default`;
}
