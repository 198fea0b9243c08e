/** htmx under a strict content security policy, with Django's CSRF token and problems said aloud. */
import htmx from "htmx.org";
import { announce } from "./announce";

export function htmxSetup(): void {
  // Our policy forbids eval (`hx-on`, filters in `hx-trigger`) and styles added by a script.
  htmx.config.allowEval = false;
  htmx.config.includeIndicatorStyles = false;
  htmx.config.selfRequestsOnly = true;
  htmx.config.historyCacheSize = 0; // pages hold personal data: none of them in the browser's storage
  // What was swapped in works at once: a scanner's Enter, faster than htmx's usual 20 ms, would send the bare form.
  htmx.config.defaultSettleDelay = 0;
  // A form sent with mistakes comes back as 422 with the messages in it.
  htmx.config.responseHandling = [
    { code: "204", swap: false },
    { code: "[23]..", swap: true },
    { code: "422", swap: true },
    { code: "[45]..", swap: false, error: true },
  ];

  document.addEventListener("htmx:configRequest", (event) => {
    const detail = (event as CustomEvent<{ verb: string; headers: Record<string, string> }>).detail;
    const token = document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content;
    if (token && detail.verb !== "get") detail.headers["X-CSRFToken"] = token;
  });
  for (const failure of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(failure, () => announce(document.body.dataset["textRequestFailed"]));
  }
}
