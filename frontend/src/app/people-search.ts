/**
 * The keyboard in a list of results: from the field (`[data-arrows-from]`) the arrows go through the links
 * (`[data-arrows-item]`) and back, Enter in the field opens the first once the results are those of what is
 * written (`[data-asked]`). Without this the form asks the portal and Tab goes through the links.
 */

function field(): HTMLInputElement | null {
  return document.querySelector<HTMLInputElement>("[data-arrows-from]");
}

function items(): HTMLAnchorElement[] {
  return [...document.querySelectorAll<HTMLAnchorElement>("[data-arrows-item]")];
}

function move(event: KeyboardEvent): void {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const input = field();
  const links = items();
  if (!input || !links.length) return;
  const at = links.indexOf(document.activeElement as HTMLAnchorElement);
  if (at < 0 && document.activeElement !== input) return;
  const next = at + (event.key === "ArrowDown" ? 1 : -1);
  if (next >= links.length || (at < 0 && next < 0)) return;
  event.preventDefault();
  (next < 0 ? input : links[next])?.focus();
}

function open(event: KeyboardEvent): void {
  if (event.key !== "Enter" || event.isComposing || event.target !== field()) return;
  const asked = document.querySelector<HTMLElement>("[data-asked]")?.dataset["asked"];
  const first = items()[0];
  if (!first || asked !== field()?.value.trim()) return;
  event.preventDefault();
  first.click();
}

export function resultKeys(): void {
  document.addEventListener("keydown", (event) => {
    move(event);
    open(event);
  });
}
