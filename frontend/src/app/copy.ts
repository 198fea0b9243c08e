/** `[data-copy="#id"]` copies the text or value of that element; `data-copied` is said afterwards. */
import { announce } from "./announce";

export function copyButtons(): void {
  document.addEventListener("click", (event) => {
    const button = (event.target as Element).closest<HTMLElement>("[data-copy]");
    const source = button?.dataset["copy"] && document.querySelector(button.dataset["copy"]);
    if (!button || !source) return;
    const text = source instanceof HTMLInputElement ? source.value : (source.textContent ?? "").trim();
    void navigator.clipboard.writeText(text).then(() => announce(button.dataset["copied"]));
  });
}
