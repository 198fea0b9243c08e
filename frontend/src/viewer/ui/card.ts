/** The card before the screen: who connects, to which computer, and how far it is. */
import type { ViewerConfig } from "../config";
import type { CredentialKind, Credentials, Step } from "../remote-screen";
import type { Say, TextKey } from "../texts";
import { splitUser } from "../user-name";
import { button, h, icon } from "./dom";

const STEPS: readonly Step[] = ["gateway", "computer", "picture"];

export class Card {
  readonly element: HTMLElement;
  readonly #body = h("div", { class: "pv-card-body" });

  constructor(
    private readonly config: ViewerConfig,
    private readonly say: Say,
  ) {
    this.element = h(
      "section",
      { class: "pv-card", "aria-labelledby": "pv-card-title" },
      h("div", { class: "pv-card-icon" }, icon("device-desktop")),
      h("h1", { class: "pv-card-title", id: "pv-card-title" }, config.computer.name),
      h("p", { class: "pv-card-subtitle" }, say("card.subtitle")),
      this.#body,
    );
  }

  /**
   * Asks what is missing. `kinds` is what the PC wants; `problem` is why the last try failed.
   * The fields leave the page as soon as they are sent.
   */
  ask(kinds: readonly CredentialKind[], known: Credentials, problem: string | null): Promise<Credentials> {
    const user = kinds.includes("username") ? this.#field("username", "text", joined(known)) : null;
    const password = kinds.includes("password") ? this.#field("password", "password", "") : null;
    const submit = button(this.say("card.connect"), { icon: "player-play", className: "btn btn-primary btn-lg w-100", type: "submit" });
    const form = h(
      "form",
      { class: "pv-form", autocomplete: "off", novalidate: true },
      problem ? h("div", { class: "alert alert-danger", role: "alert" }, icon("alert-circle"), h("div", {}, problem)) : null,
      user?.group,
      password?.group,
      submit,
      password ? h("p", { class: "pv-note" }, icon("lock"), this.say("card.password_note")) : null,
    );
    this.#show(form, this.#homeLink());
    const first = [user, password].find((field) => field && !field.input.value)?.input ?? password?.input ?? submit;
    requestAnimationFrame(() => first.focus());
    return new Promise((resolve) => {
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        const empty = [user, password].find((field) => field && !field.input.value);
        if (empty) return empty.refuse();
        const name = user ? splitUser(user.input.value, known.domain) : known;
        const given = { username: name.username, domain: name.domain, password: password?.input.value ?? known.password };
        if (password) password.input.value = "";
        form.remove();
        resolve(given);
      });
    });
  }

  /** The steps of the connection, done, running and to come. */
  progress(running: Step): void {
    const at = STEPS.indexOf(running);
    const list = h(
      "ol",
      { class: "pv-steps" },
      ...STEPS.map((step, index) =>
        h(
          "li",
          { class: index < at ? "done" : index === at ? "running" : "", "aria-current": index === at ? "step" : undefined },
          h("span", { class: "pv-step-mark", "aria-hidden": "true" }, index < at ? icon("check") : null),
          this.say(`step.${step}` as TextKey),
        ),
      ),
    );
    this.#show(list, this.#homeLink());
  }

  #homeLink(): HTMLElement {
    return h("a", { class: "pv-home", href: this.config.home_url }, icon("arrow-left"), this.say("home"));
  }

  #show(...children: HTMLElement[]): void {
    this.#body.replaceChildren(...children);
  }

  #field(name: "username" | "password", type: string, value: string) {
    const id = `pv-${name}`;
    const input = h("input", {
      class: "form-control form-control-lg",
      id,
      type,
      autocomplete: "off",
      autocapitalize: "none",
      spellcheck: "false",
      required: true,
      "aria-describedby": `${id}-problem`,
    });
    input.value = value;
    const problem = h("div", { class: "invalid-feedback", id: `${id}-problem` });
    input.addEventListener("input", () => {
      input.classList.remove("is-invalid");
      problem.textContent = "";
    });
    const eye = type === "password" ? this.#eye(input) : null;
    const group = h(
      "div",
      { class: "mb-3" },
      h("label", { class: "form-label", for: id }, this.say(`card.${name}`)),
      h("div", { class: "pv-input" }, input, eye),
      problem,
    );
    const refuse = () => {
      input.classList.add("is-invalid");
      problem.textContent = this.say("card.required");
      problem.classList.add("d-block");
      input.focus();
    };
    return { group, input, refuse };
  }

  #eye(input: HTMLInputElement): HTMLButtonElement {
    const eye = button(this.say("card.show_password"), { icon: "eye", className: "btn btn-icon pv-eye", quiet: true }, () => {
      const shown = input.type === "text";
      input.type = shown ? "password" : "text";
      eye.setAttribute("aria-pressed", String(!shown));
    });
    eye.setAttribute("aria-pressed", "false");
    return eye;
  }
}

function joined(known: Credentials): string {
  return known.domain && known.username ? `${known.domain}\\${known.username}` : known.username;
}
