/** The quality of the link: a word, the milliseconds, and a light curve. */
import { type Rating, RoundTrips, rate, sparkline } from "../link-quality";
import type { Say, TextKey } from "../texts";
import { h, svg } from "./dom";

const WIDTH = 44;
const HEIGHT = 18;

export class Meter {
  readonly element: HTMLElement;
  readonly #trips = new RoundTrips();
  readonly #line = svg("polyline", { fill: "none" });
  readonly #chart = svg("svg", { class: "pv-spark", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": "true" });
  readonly #value = h("span", { class: "pv-meter-value" }, "…");

  constructor(private readonly say: Say) {
    this.#chart.append(this.#line);
    this.element = h("div", { class: "pv-meter", role: "img", tabindex: "-1" }, h("span", { class: "pv-dot" }), this.#value);
    this.element.insertBefore(this.#chart, this.#value);
    this.clear();
  }

  /** Takes a measure, returns the rating it leads to. */
  add(milliseconds: number): Rating {
    this.#trips.add(milliseconds);
    const current = this.#trips.current ?? milliseconds;
    const rating = rate(current);
    this.#draw();
    this.#describe(rating, Math.round(current));
    return rating;
  }

  clear(): void {
    this.#trips.clear();
    this.#draw();
    this.#describe(null, null);
  }

  #draw(): void {
    const points = sparkline(this.#trips.values, WIDTH, HEIGHT);
    this.#line.setAttribute("points", points);
    this.#chart.toggleAttribute("hidden", !points);
  }

  #describe(rating: Rating | null, milliseconds: number | null): void {
    this.element.dataset["rating"] = rating ?? "unknown";
    this.#value.textContent = milliseconds === null ? "…" : this.say("quality.ms", { ms: milliseconds });
    const words =
      rating === null ? this.say("quality.unknown") : this.say(`quality.${rating}` as TextKey, { ms: milliseconds ?? 0 });
    this.element.setAttribute("aria-label", words);
    this.element.dataset["tip"] = words;
  }
}
