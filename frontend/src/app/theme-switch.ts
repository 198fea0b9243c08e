/** Light, dark, or as the system says: buttons `[data-theme-choice]`, remembered in this browser. */

const KEY = "parvis-theme";
const CHOICES = ["light", "dark", "auto"] as const;
type Choice = (typeof CHOICES)[number];

const systemIsDark = matchMedia("(prefers-color-scheme: dark)");

function stored(): Choice {
  try {
    const value = localStorage.getItem(KEY);
    return CHOICES.find((choice) => choice === value) ?? "auto";
  } catch {
    return "auto";
  }
}

function remember(choice: Choice): void {
  try {
    if (choice === "auto") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, choice);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}

function apply(choice: Choice): void {
  const dark = choice === "dark" || (choice === "auto" && systemIsDark.matches);
  document.documentElement.dataset["bsTheme"] = dark ? "dark" : "light";
  for (const button of document.querySelectorAll<HTMLElement>("[data-theme-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset["themeChoice"] === choice));
  }
}

export function themeSwitch(): void {
  let current = stored();
  apply(current);
  systemIsDark.addEventListener("change", () => apply(current));
  document.addEventListener("click", (event) => {
    const button = (event.target as Element).closest<HTMLElement>("[data-theme-choice]");
    const choice = CHOICES.find((each) => each === button?.dataset["themeChoice"]);
    if (!choice) return;
    current = choice;
    remember(choice);
    apply(choice);
  });
}
