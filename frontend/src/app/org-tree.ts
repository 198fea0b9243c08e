/**
 * The tree of the organisation (`[data-tree]`): finds entities while one types, opens and closes all, and opens all
 * for printing. Without this the branches (`<details>`) still open one by one.
 */
import { fold } from "./fold";

function branches(tree: HTMLElement): HTMLDetailsElement[] {
  return [...tree.querySelectorAll<HTMLDetailsElement>("details")];
}

function matches(item: HTMLElement, words: string[]): boolean {
  const text = fold(item.dataset["text"] ?? "");
  return words.every((word) => text.includes(word));
}

function filter(tree: HTMLElement, asked: string): void {
  const words = fold(asked).split(/\s+/).filter(Boolean);
  const items = [...tree.querySelectorAll<HTMLElement>("[data-tree-item]")];
  for (const item of items) item.hidden = words.length > 0;
  const found = words.length ? items.filter((item) => matches(item, words)) : [];
  for (const item of found) {
    for (const below of item.querySelectorAll<HTMLElement>("[data-tree-item]")) below.hidden = false;
    let each: HTMLElement | null = item;
    while (each) {
      each.hidden = false;
      each = each.parentElement?.closest<HTMLElement>("[data-tree-item]") ?? null;
      if (each) each.querySelector("details")!.open = true;
    }
  }
  const none = tree.querySelector<HTMLElement>("[data-tree-none]");
  if (none) none.hidden = words.length === 0 || found.length > 0;
  say(tree, words.length ? found.length : null);
}

function say(tree: HTMLElement, found: number | null): void {
  const status = tree.querySelector<HTMLElement>("[data-tree-status]");
  if (!status) return;
  const { none = "", one = "", many = "" } = status.dataset;
  status.textContent = found === null ? "" : found === 0 ? none : found === 1 ? one : many.replace("#", String(found));
}

export function orgTree(): void {
  const tree = document.querySelector<HTMLElement>("[data-tree]");
  if (!tree) return;
  const search = tree.querySelector<HTMLInputElement>("[data-tree-search]");
  if (search) {
    search.disabled = false;
    search.addEventListener("input", () => filter(tree, search.value));
  }
  for (const [selector, open] of [["[data-tree-open]", true], ["[data-tree-close]", false]] as const) {
    const button = tree.querySelector<HTMLButtonElement>(selector);
    if (!button) continue;
    button.hidden = false;
    button.addEventListener("click", () => {
      for (const branch of branches(tree)) branch.open = open;
    });
  }
  let closed: HTMLDetailsElement[] = [];
  addEventListener("beforeprint", () => {
    closed = branches(tree).filter((branch) => !branch.open);
    for (const branch of closed) branch.open = true;
  });
  addEventListener("afterprint", () => {
    for (const branch of closed) branch.open = false;
  });
}
