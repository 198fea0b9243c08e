/** The viewer's page: bar, stage, panels and overlays around the remote session. */
import { ClipboardSync } from "./clipboard-sync";
import type { ViewerConfig } from "./config";
import { clock, hour } from "./countdown";
import { desktopSize, differs } from "./desktop-size";
import type { Ending } from "./endings";
import { EscapeChord } from "./escape-chord";
import { FullScreen } from "./full-screen";
import { Portal } from "./portal";
import { loadScreen } from "./protocols";
import type { CredentialKind, Credentials, Policy, ScaleMode, Size, Step } from "./remote-screen";
import { RemoteSession, type SessionView } from "./session";
import { type Say, speaker } from "./texts";
import { TouchKeyboard } from "./touch-keyboard";
import { Announcer } from "./ui/announcer";
import { Card } from "./ui/card";
import { ClipboardPanel } from "./ui/clipboard-panel";
import { confirm } from "./ui/confirm";
import { h, icon } from "./ui/dom";
import { Ghost } from "./ui/ghost";
import { KeysPanel } from "./ui/keys-panel";
import { Meter } from "./ui/meter";
import { Notice } from "./ui/notice";
import { Overlay } from "./ui/overlay";
import { Panel } from "./ui/panel";
import { Toolbar } from "./ui/toolbar";
import { Watch } from "./watch";

const HINT_MS = 7000;
/** After the last change of the window's size. */
const RESIZE_SETTLED_MS = 900;

export class Shell implements SessionView {
  readonly #say: Say;
  readonly #portal: Portal;
  readonly #session: RemoteSession;
  readonly #card: Card;
  readonly #announcer = new Announcer();
  readonly #overlay = new Overlay();
  readonly #ghost = new Ghost();
  readonly #notice = new Notice();
  readonly #hint = h("div", { class: "pv-hint", hidden: true, "aria-hidden": "true" });
  readonly #stage = h("div", { class: "pv-stage" });
  readonly #meter: Meter;
  readonly #clipboard: ClipboardPanel;
  readonly #sync: ClipboardSync;
  readonly #watch: Watch;
  readonly #toolbar: Toolbar;
  readonly #fullScreen: FullScreen;
  readonly #touchKeyboard: TouchKeyboard;
  readonly #panels: { clipboard: Panel; keys: Panel };
  readonly #chord = new EscapeChord();
  #scale: ScaleMode = "fit";
  #policy: Policy | null = null;
  #desktop: Size = { width: 0, height: 0 };
  #endUnderstood = false;
  #resizeTimer = 0;
  #hintTimer = 0;

  constructor(
    private readonly root: HTMLElement,
    private readonly config: ViewerConfig,
  ) {
    const say = (this.#say = speaker(config.texts));
    this.#portal = new Portal(config);
    this.#session = new RemoteSession(config, this.#portal, () => loadScreen(config.protocol), this, say);
    this.#card = new Card(config, say);
    this.#meter = new Meter(say);
    this.#sync = new ClipboardSync((text) => this.#session.screen?.sendClipboard(text));
    this.#clipboard = new ClipboardPanel(
      say,
      (text) => this.#session.screen?.sendClipboard(text),
      (text) => this.#flash(text),
    );
    this.#touchKeyboard = new TouchKeyboard(say("toolbar.touch_keyboard"), () => this.#session.screen);
    this.#fullScreen = new FullScreen(root, (on) => this.#fullScreenChanged(on));
    const closed = () => this.#panelClosed();
    this.#panels = {
      clipboard: new Panel("pv-clipboard", say("clipboard.title"), say("panel.close"), closed, this.#clipboard.element),
      keys: new Panel("pv-keys", say("keys.title"), say("panel.close"), closed, new KeysPanel(say, () => this.#session.screen).element),
    };
    this.#toolbar = this.#buildToolbar();
    this.#watch = new Watch(this.#portal, {
      roundTrip: (milliseconds) => this.#session.screen?.setLink(this.#meter.add(milliseconds)),
      idle: (left) => this.#idle(left),
      endNear: (at, left) => this.#endNear(at, left),
      endedByPortal: (state) => this.#session.endedByPortal(state),
    });
    this.#assemble();
    this.#listen();
  }

  start(): void {
    void loadScreen(this.config.protocol); // while the form is being filled
    void this.#session.start();
  }

  // ---- SessionView -------------------------------------------------------------------------

  ask(kinds: readonly CredentialKind[], known: Credentials, problem: string | null): Promise<Credentials> {
    this.#phase("card");
    if (problem) this.#announcer.say(problem);
    return this.#card.ask(kinds, known, problem);
  }

  progress(step: Step): void {
    this.#phase("card");
    this.#card.progress(step);
    this.#announcer.say(this.#say(`step.${step}`));
  }

  granted(policy: Policy): void {
    this.#policy = policy;
    this.#endUnderstood = false;
    this.#clipboard.allow(policy);
    this.#sync.allow(policy);
  }

  live(returned: boolean): void {
    this.#phase("live");
    this.#ghost.clear();
    this.#overlay.hide();
    this.#notice.hide();
    const canvas = this.#session.screen?.canvas();
    if (canvas) this.#desktop = { width: canvas.width, height: canvas.height };
    if (this.#policy && this.#session.id) this.#watch.start(this.#session.id, this.#policy, this.#stage);
    this.#announcer.say(
      returned ? this.#say("live.back") : this.#say("live.first", { name: this.config.computer.name }),
    );
    if (!returned) this.#showHint(this.#say("live.way_out"));
    this.#session.screen?.focus();
  }

  freeze(): void {
    this.#watch.stop();
    this.#meter.clear();
    this.#notice.hide();
    this.#ghost.keep(this.#session.screen?.canvas() ?? this.#stage.querySelector("canvas:not(.pv-ghost)"), this.#stage);
  }

  waiting(seconds: number, attempt: number): void {
    const text = this.#say("lost.waiting", { seconds, attempt });
    if (this.root.dataset["phase"] === "waiting") return this.#overlay.update(text);
    this.#phase("waiting");
    this.#announcer.say(this.#say("lost.title"));
    this.#overlay.show({
      icon: "plug-connected-x",
      tone: "warning",
      title: this.#say("lost.title"),
      text,
      actions: [
        { label: this.#say("lost.now"), className: "btn btn-primary", icon: "refresh", run: () => this.#session.hurry() },
        { label: this.#say("home"), className: "btn", href: this.config.home_url },
      ],
    });
  }

  returning(): void {
    const renewed = this.root.dataset["phase"] === "live";
    this.#phase("returning");
    this.#overlay.show({
      icon: renewed ? "aspect-ratio" : "plug-connected",
      tone: "calm",
      title: this.#say(renewed ? "renew.title" : "lost.title"),
      text: this.#say(renewed ? "renew.text" : "lost.trying"),
      actions: [],
    });
  }

  ended(end: Ending): void {
    const started = ["live", "waiting", "returning"].includes(this.root.dataset["phase"] ?? "");
    this.#watch.stop();
    this.#notice.hide();
    // Nothing of the desktop stays on a machine that may be a family's.
    this.#ghost.clear();
    this.#clipboard.clear();
    this.#sync.forget();
    if (this.#fullScreen.on) void this.#fullScreen.toggle();
    this.#phase("ended");
    const failed = !started && end.reason !== "closed_by_user";
    const title = this.#say(failed ? "ended.failed_title" : "ended.title");
    this.#announcer.say(`${title}. ${end.message}`);
    this.#overlay.show({
      icon: failed ? "alert-triangle" : end.reason === "closed_by_user" ? "circle-check" : "plug-connected-x",
      tone: failed ? "danger" : "calm",
      title,
      text: end.message,
      advice: end.advice,
      actions: [
        ...(end.again
          ? [
              {
                label: this.#say(failed ? "ended.retry" : "ended.again"),
                className: "btn btn-primary",
                icon: "refresh",
                run: () => void this.#session.start(),
              },
            ]
          : []),
        { label: this.#say("home"), className: end.again ? "btn" : "btn btn-primary", icon: "home", href: this.config.home_url },
      ],
    });
  }

  clipboard(text: string): void {
    this.#clipboard.receive(text);
    void this.#sync.receive(text).then((done) => {
      if (done) return this.#announcer.say(this.#say("clipboard.received"));
      if (this.#panels.clipboard.open) return;
      this.#toolbar.flag("clipboard", true);
      this.#announcer.say(this.#say("toolbar.clipboard_new"));
    });
  }

  resized(size: Size): void {
    this.#desktop = size;
  }

  place(): { stage: HTMLElement; size: Size; scale: ScaleMode } {
    return { stage: this.#stage, size: this.#wantedSize(), scale: this.#scale };
  }

  // ---- the page ----------------------------------------------------------------------------

  #assemble(): void {
    const peek = h("button", { class: "pv-peek", type: "button", tabindex: "-1", "aria-label": this.#say("toolbar.show") }, icon("chevron-down"));
    peek.addEventListener("click", () => this.#toolbar.focus());
    this.#stage.append(this.#ghost.element);
    this.root.replaceChildren(
      this.#toolbar.element,
      peek,
      h(
        "main",
        { class: "pv-main" },
        this.#stage,
        this.#touchKeyboard.element,
        this.#overlay.element,
        this.#hint,
        this.#notice.element,
        this.#panels.clipboard.element,
        this.#panels.keys.element,
      ),
      this.#card.element,
      this.#announcer.element,
    );
    this.root.classList.add("pv");
    this.#phase("card");
  }

  #buildToolbar(): Toolbar {
    const say = this.#say;
    const screen = () => this.#session.screen;
    const name = h("div", { class: "pv-name" }, icon("device-desktop"), h("span", {}, this.config.computer.name));
    const toolbar = new Toolbar(say("toolbar.label"), say("toolbar.more"), name, this.#meter.element, [
      {
        id: "touch",
        label: say("toolbar.touch_keyboard"),
        icon: "keyboard-show",
        essential: true,
        touchOnly: true,
        run: () => this.#touchKeyboard.toggle(),
      },
      { id: "clipboard", label: say("toolbar.clipboard"), icon: "clipboard-text", run: () => this.#togglePanel("clipboard") },
      { id: "keys", label: say("toolbar.keys"), icon: "keyboard", run: () => this.#togglePanel("keys") },
      { id: "cad", label: say("toolbar.ctrl_alt_del"), icon: "command", run: () => this.#withFocus(() => screen()?.sendCtrlAltDel()) },
      { id: "meta", label: say("toolbar.meta"), icon: "brand-windows", run: () => this.#withFocus(() => screen()?.sendMetaKey()) },
      { id: "pan", label: say("toolbar.pan"), icon: "hand-move", touchOnly: true, run: () => this.#togglePan() },
      { id: "scale", label: say("toolbar.real"), icon: "zoom-in", run: () => this.#toggleScale() },
      ...(this.#fullScreen.possible
        ? [{ id: "full", label: say("toolbar.full_screen"), icon: "maximize", run: () => void this.#fullScreen.toggle() }]
        : []),
      { id: "end", label: say("toolbar.end"), icon: "logout", danger: true, wide: true, essential: true, run: () => void this.#askEnd() },
    ]);
    for (const [item, panel] of [["clipboard", "pv-clipboard"], ["keys", "pv-keys"]] as const) {
      toolbar.item(item)?.setAttribute("aria-controls", panel);
      toolbar.item(item)?.setAttribute("aria-expanded", "false");
    }
    return toolbar;
  }

  #listen(): void {
    // In the capture phase: before the remote screen takes the keys.
    for (const type of ["keydown", "keyup"] as const) {
      window.addEventListener(
        type,
        (event) => {
          if (!this.#chord.feed(event) || this.#session.state !== "live") return;
          this.#session.screen?.releaseKeys();
          this.#toolbar.focus();
        },
        true,
      );
    }
    this.#toolbar.element.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.#session.screen?.focus();
    });
    this.#stage.addEventListener("focusin", () => void this.#sync.offer());
    window.addEventListener("focus", () => {
      if (this.#stage.contains(document.activeElement)) void this.#sync.offer();
    });
    window.addEventListener("online", () => this.#session.hurry());
    new ResizeObserver(() => {
      clearTimeout(this.#resizeTimer);
      this.#resizeTimer = window.setTimeout(() => void this.#fitDesktop(), RESIZE_SETTLED_MS);
    }).observe(this.#stage);
  }

  #phase(phase: "card" | "live" | "waiting" | "returning" | "ended"): void {
    this.root.dataset["phase"] = phase;
    this.#card.element.hidden = phase !== "card";
    if (phase === "card") this.#overlay.hide();
    const away = phase !== "live";
    this.#stage.inert = away;
    if (away) for (const panel of Object.values(this.#panels)) panel.close();
  }

  #wantedSize(): Size {
    return desktopSize({ width: this.#stage.clientWidth, height: this.#stage.clientHeight });
  }

  /** The window has taken another size: the PC follows if it can, else by a new connection. */
  async #fitDesktop(): Promise<void> {
    const screen = this.#session.screen;
    const wanted = this.#wantedSize();
    const phone = matchMedia("(pointer: coarse)").matches; // its keyboard changes the room all the time
    if (!screen || phone || this.#scale !== "fit" || !differs(wanted, this.#desktop)) return;
    const followed = await screen.resize(wanted);
    if (!followed && screen === this.#session.screen) await this.#session.renew();
  }

  #toggleScale(): void {
    this.#scale = this.#scale === "fit" ? "real" : "fit";
    this.#session.screen?.setScale(this.#scale);
    const real = this.#scale === "real";
    this.#toolbar.relabel("scale", this.#say(real ? "toolbar.fit" : "toolbar.real"), real ? "aspect-ratio" : "zoom-in");
    this.root.classList.toggle("pv-real", real);
    if (!real) this.#pan(false);
    this.#session.screen?.focus();
  }

  #togglePan(): void {
    if (this.#scale === "fit") this.#toggleScale();
    this.#pan(!this.root.classList.contains("pv-pan"));
  }

  #pan(on: boolean): void {
    this.root.classList.toggle("pv-pan", on);
    this.#toolbar.press("pan", on);
  }

  #togglePanel(name: "clipboard" | "keys"): void {
    const { [name]: panel, ...others } = this.#panels;
    for (const other of Object.values<Panel>(others)) other.close();
    if (panel.open) return panel.close();
    this.#toolbar.item(name)?.setAttribute("aria-expanded", "true");
    if (name === "clipboard") this.#toolbar.flag("clipboard", false);
    panel.show();
  }

  #panelClosed(): void {
    for (const name of ["clipboard", "keys"]) this.#toolbar.item(name)?.setAttribute("aria-expanded", "false");
    this.#session.screen?.focus();
  }

  #withFocus(action: () => void): void {
    this.#session.screen?.focus();
    action();
  }

  #fullScreenChanged(on: boolean): void {
    this.root.classList.toggle("pv-full", on);
    this.#toolbar.relabel("full", this.#say(on ? "toolbar.leave_full_screen" : "toolbar.full_screen"), on ? "minimize" : "maximize");
    if (on) this.#showHint(this.#say("live.hold_escape"));
    this.#session.screen?.focus();
  }

  #showHint(text: string): void {
    this.#hint.textContent = text;
    this.#hint.hidden = false;
    clearTimeout(this.#hintTimer);
    this.#hintTimer = window.setTimeout(() => (this.#hint.hidden = true), HINT_MS);
  }

  #flash(text: string): void {
    this.#showHint(text);
    this.#announcer.say(text);
  }

  #idle(left: number | null): void {
    if (left === null) return this.#notice.hide();
    const text = this.#say("idle.warning", { time: clock(left) });
    if (this.#notice.open) return this.#notice.update(text);
    this.#notice.show({ icon: "hourglass", text, role: "alert", action: { label: this.#say("idle.stay"), run: () => this.#stay() } });
  }

  #stay(): void {
    this.#session.screen?.nudge();
    this.#watch.active();
    this.#session.screen?.focus();
  }

  #endNear(at: number, left: number): void {
    if (this.#endUnderstood) return;
    const text = this.#say("end.near", { hour: hour(at), time: clock(left) });
    if (this.#notice.open) return this.#notice.update(text);
    const run = () => {
      this.#endUnderstood = true;
      this.#notice.hide();
      this.#session.screen?.focus();
    };
    this.#notice.show({ icon: "clock", text, role: "alert", action: { label: this.#say("end.understood"), run } });
  }

  async #askEnd(): Promise<void> {
    const say = this.#say;
    if (await confirm(this.root, say("end.question"), say("end.detail"), say("end.yes"), say("end.no"))) {
      await this.#session.finish();
    } else this.#session.screen?.focus();
  }
}
