/** A form is sent once: its buttons rest while the answer is on its way. */

export function sendOnce(): void {
  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    const form = event.target as HTMLFormElement;
    if (form.method !== "post" || form.target === "_blank") return;
    if (form.dataset["sent"]) {
      event.preventDefault();
      return;
    }
    form.dataset["sent"] = "true";
    form.setAttribute("aria-busy", "true");
  });
  // Back from the next page: the browser may show this one as it was left.
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll<HTMLFormElement>("form[data-sent]")) {
      delete form.dataset["sent"];
      form.removeAttribute("aria-busy");
    }
  });
}
