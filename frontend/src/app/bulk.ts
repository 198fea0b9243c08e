/**
 * Ticking rows of a list: the box in the heading ticks the page, and the buttons of the bulk form
 * (`[data-bulk]`) rest while nothing is ticked. Without this the boxes and the form still work.
 */

function rows(): HTMLInputElement[] {
  return [...document.querySelectorAll<HTMLInputElement>("[data-bulk-row]")];
}

function refresh(): void {
  const form = document.querySelector<HTMLFormElement>("[data-bulk]");
  if (!form) return;
  const boxes = rows();
  const ticked = boxes.filter((box) => box.checked).length;
  const all = form.querySelector<HTMLInputElement>("[data-bulk-all]")?.checked ?? false;
  for (const button of form.querySelectorAll<HTMLButtonElement>("button")) button.disabled = !all && ticked === 0;
  const page = document.querySelector<HTMLInputElement>("[data-bulk-page]");
  if (!page) return;
  page.hidden = false;
  page.checked = boxes.length > 0 && ticked === boxes.length;
  page.indeterminate = ticked > 0 && ticked < boxes.length;
}

export function bulkBoxes(): void {
  document.addEventListener("change", (event) => {
    const box = event.target as HTMLInputElement;
    if (box.matches("[data-bulk-page]")) for (const each of rows()) each.checked = box.checked;
    if (box.matches("[data-bulk-page], [data-bulk-row], [data-bulk-all]")) refresh();
  });
  document.addEventListener("htmx:afterSwap", refresh);
  addEventListener("pageshow", refresh);
  refresh();
}
