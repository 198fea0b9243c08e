/** The part of Bootstrap's JavaScript, shipped by Tabler without types, that we call. */
declare module "@tabler/core" {
  export class Tooltip {
    static getOrCreateInstance(element: Element): Tooltip;
    static getInstance(element: Element): Tooltip | null;
    dispose(): void;
  }
}
