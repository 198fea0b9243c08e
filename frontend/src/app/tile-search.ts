/**
 * Finds tiles while one types: `[data-tile-search]` shows, of `[data-tile]`, those whose `data-text`
 * (folded by the portal) has every word. Enter opens the first. Without this the form asks the portal.
 */
import { fold } from "./fold";

function field(): HTMLInputElement | null {
  return document.querySelector<HTMLInputElement>("[data-tile-search]");
}

function matches(tile: HTMLElement, words: string[]): boolean {
  const text = tile.dataset["text"] ?? "";
  return words.every((word) => text.includes(word));
}

function filter(): void {
  const input = field();
  if (!input) return;
  const words = fold(input.value).split(/\s+/).filter(Boolean);
  let found = 0;
  for (const section of document.querySelectorAll<HTMLElement>("[data-tile-section]")) {
    let here = 0;
    for (const tile of section.querySelectorAll<HTMLElement>("[data-tile]")) {
      tile.hidden = !matches(tile, words);
      if (!tile.hidden) here += 1;
    }
    section.hidden = here === 0;
    found += here;
  }
  // A favourite is found in its own section: no tile twice among the results.
  for (const section of document.querySelectorAll<HTMLElement>("[data-tile-favourites]")) section.hidden = words.length > 0;
  const none = document.querySelector<HTMLElement>("[data-tile-none]");
  if (none) none.hidden = words.length === 0 || found > 0;
  say(words.length ? found : null);
}

function say(found: number | null): void {
  const status = document.querySelector<HTMLElement>("[data-tile-status]");
  if (!status) return;
  const { none = "", one = "", many = "" } = status.dataset;
  status.textContent = found === null ? "" : found === 0 ? none : found === 1 ? one : many.replace("#", String(found));
}

export function tileSearch(): void {
  document.addEventListener("input", (event) => {
    if ((event.target as Element).matches("[data-tile-search]")) filter();
  });
  document.addEventListener("submit", (event) => {
    const input = (event.target as Element).querySelector<HTMLInputElement>("[data-tile-search]");
    if (!input || !input.value.trim()) return;
    const first = document.querySelector<HTMLAnchorElement>("[data-tile-section]:not([hidden]) [data-tile]:not([hidden]) a");
    if (!first) return;
    event.preventDefault();
    first.click();
  });
  // The tiles came anew (a star), or the browser gave the field its text back.
  document.addEventListener("htmx:afterSwap", filter);
  addEventListener("pageshow", filter);
}
