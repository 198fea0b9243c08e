/** Tooltips of `[data-bs-toggle="tooltip"]`, also in what htmx brings later. */
import { Tooltip } from "@tabler/core";

export function tooltips(): void {
  const equip = (root: ParentNode) => {
    for (const element of root.querySelectorAll('[data-bs-toggle="tooltip"]')) Tooltip.getOrCreateInstance(element);
  };
  equip(document);
  document.addEventListener("htmx:load", (event) => equip(event.target as Element));
  // The element may go while its tooltip shows.
  document.addEventListener("htmx:beforeCleanupElement", (event) => Tooltip.getInstance(event.target as Element)?.dispose());
}
