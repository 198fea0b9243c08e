/** Says a sentence on screen and to screen readers, in `#notices` (a live region of the base page). */

const SECONDS_SHOWN = 8;

export function announce(text: string | undefined): void {
  const region = document.getElementById("notices");
  if (!region || !text) return;
  const notice = document.createElement("div");
  notice.className = "alert alert-warning parvis-notice";
  notice.textContent = text;
  region.append(notice);
  setTimeout(() => notice.remove(), SECONDS_SHOWN * 1000);
}
