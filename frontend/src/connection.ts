/**
 * Entry of the page that checks a home connection: measures, then sends the page's own form.
 *
 * The portal judges the figures and says them: nothing is decided here.
 */
import { isFit } from "./connection/figures";
import { download, gatewayTrips, portalTrips } from "./connection/measure";
import { gatewayUrl } from "./viewer/gateway-url";

const form = document.querySelector<HTMLFormElement>("#measure");
if (form) start(form);

function start(root: HTMLFormElement): void {
  const text = (name: string): string => root.dataset[name] ?? "";
  const said = root.querySelector<HTMLElement>("[data-said]");
  const bar = root.querySelector<HTMLProgressElement>("progress");
  const button = root.querySelector<HTMLButtonElement>("button");
  if (!said || !bar || !button) return;

  const say = (words: string, done: number): void => {
    said.textContent = words;
    bar.value = done;
  };
  const fill = (name: string, value: number | boolean): void => {
    const field = root.elements.namedItem(name);
    if (field instanceof HTMLInputElement) field.value = String(value);
  };

  async function measure(): Promise<void> {
    say(text("sayDelay"), 1);
    const there = await gatewayTrips(gatewayUrl(text("gateway"), "/gateway/v1/echo", location.origin));
    const trips = there ?? (await portalTrips(text("pingUrl")));
    say(text("saySpeed"), 2);
    fill("down_kbps", await download(text("sampleUrl"), trips?.latency ?? 0));
    fill("latency_ms", trips?.latency ?? 0);
    fill("jitter_ms", trips?.jitter ?? 0);
    fill("websocket", there !== null);
    fill("browser_fit", isFit(window));
    say(text("sayDone"), 3);
    root.requestSubmit();
  }

  // Ready: the button is of use now.
  button.type = "button";
  button.disabled = false;
  button.addEventListener("click", () => {
    // Not `disabled`: the keyboard would lose its place.
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    bar.hidden = false;
    measure().catch(() => {
      bar.hidden = true;
      say(text("sayFailed"), 0);
      button.setAttribute("aria-disabled", "false");
    });
  });
}
