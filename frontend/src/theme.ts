/**
 * Sets light or dark before the first paint.
 *
 * Loaded by a classic `<script src>` in `<head>`, so that it blocks: it must stay tiny, and
 * have neither import nor export. Choosing a theme is in `app/theme-switch.ts`.
 */
(() => {
  let choice: string | null = null;
  try {
    choice = localStorage.getItem("parvis-theme");
  } catch {
    // Storage may be refused by the browser: follow the system.
  }
  const dark = choice === "dark" || (choice !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset["bsTheme"] = dark ? "dark" : "light";
})();
