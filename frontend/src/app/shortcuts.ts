/** `/` goes to the page's search field, `[data-search]`, unless one is already writing. */

export function searchShortcut(): void {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.altKey || event.metaKey) return;
    const target = event.target as HTMLElement;
    if (target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName)) return;
    const field = document.querySelector<HTMLInputElement>("[data-search]");
    if (!field) return;
    event.preventDefault();
    field.focus();
    field.select();
  });
}
