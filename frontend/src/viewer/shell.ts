/** The viewer's page: bar, stage, panels and overlays around the remote session. */
import { ClipboardSync } from "./clipboard-sync";
import type { ViewerConfig } from "./config";
import type { Ending } from "./endings";
import { EscapeChord } from "./escape-chord";
import { FullScreen } from "./full-screen";
import { type Choice, looksSlow, PictureChoice } from "./picture-choice";
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
import { Overlay } from "./ui/overlay";
import { endedContent, returningContent, waitingContent } from "./ui/overlay-contents";
import { Panel } from "./ui/panel";
import { PicturePanel } from "./ui/picture-panel";
import type { Toolbar } from "./ui/toolbar";
import { viewerToolbar } from "./ui/viewer-toolbar";
import { Warnings } from "./ui/warnings";
import { hasTouch, Viewport } from "./viewport";
import { Watch } from "./watch";

const HINT_MS = 7000;

type PanelName = "clipboard" | "keys" | "picture";
/** Chromium tells what it knows of the link. */
type WithConnection = Navigator & { connection?: { saveData?: boolean; effectiveType?: string } };

const downloads = () => performance.getEntriesByType("resource") as PerformanceResourceTiming[];

/** A browser may forbid even asking. */
function browserStore(): Storage | null {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

export class Shell implements SessionView {
  readonly #say: Say;
  readonly #portal: Portal;
  readonly #session: RemoteSession;
  readonly #card: Card;
  readonly #announcer = new Announcer();
  readonly #overlay = new Overlay();
  readonly #ghost = new Ghost();
  readonly #warnings: Warnings;
  readonly #hint = h("div", { class: "pv-hint", hidden: true, "aria-hidden": "true" });
  readonly #stage = h("div", { class: "pv-stage" });
  readonly #viewport: Viewport;
  readonly #meter: Meter;
  readonly #clipboard: ClipboardPanel;
  readonly #sync: ClipboardSync;
  readonly #watch: Watch;
  readonly #toolbar: Toolbar;
  readonly #fullScreen: FullScreen;
  readonly #touchKeyboard: TouchKeyboard;
  readonly #panels: Record<PanelName, Panel>;
  readonly #picture = new PictureChoice(browserStore(), looksSlow(downloads(), (navigator as WithConnection).connection));
  readonly #picturePanel: PicturePanel;
  readonly #chord = new EscapeChord();
  #policy: Policy | null = null;
  #hintTimer = 0;
  /** What the screen that connects was asked for. */
  #asked = false;
  /** To be told once the picture is there. */
  #news: string | null = null;
  #repainting = false;

  constructor(
    private readonly root: HTMLElement,
    private readonly config: ViewerConfig,
  ) {
    const say = (this.#say = speaker(config.texts));
    this.#portal = new Portal(config);
    this.#session = new RemoteSession(config, this.#portal, () => loadScreen(config.protocol), this, say);
    this.#viewport = new Viewport(root, this.#stage, () => this.#session);
    this.#card = new Card(config, say);
    this.#meter = new Meter(say);
    this.#sync = new ClipboardSync((text) => this.#session.screen?.sendClipboard(text));
    this.#clipboard = new ClipboardPanel(
      say,
      (text) => this.#session.screen?.sendClipboard(text),
      (text) => this.#flash(text),
    );
    // Keys that do not come from the stage show that someone is there, too.
    const keyTarget = () => {
      this.#watch.active();
      return this.#session.screen;
    };
    this.#touchKeyboard = new TouchKeyboard(say("toolbar.touch_keyboard"), keyTarget);
    this.#fullScreen = new FullScreen(root, (on) => this.#fullScreenChanged(on));
    const closed = () => this.#panelClosed();
    this.#picturePanel = new PicturePanel(say, this.#picture.choice, this.#picture.light, (choice) => this.#choose(choice));
    this.#panels = {
      clipboard: new Panel("pv-clipboard", say("clipboard.title"), say("panel.close"), closed, this.#clipboard.element),
      keys: new Panel("pv-keys", say("keys.title"), say("panel.close"), closed, new KeysPanel(say, keyTarget).element),
      picture: new Panel("pv-quality", say("picture.title"), say("panel.close"), closed, this.#picturePanel.element),
    };
    this.#toolbar = this.#buildToolbar();
    const focusScreen = () => this.#session.screen?.focus();
    this.#warnings = new Warnings(say, () => this.#stay(), focusScreen);
    this.#watch = new Watch(this.#portal, {
      roundTrip: (milliseconds, answer) => this.#measured(milliseconds, answer),
      idle: (left) => this.#warnings.idle(left),
      endNear: (at, left) => this.#warnings.endNear(at, left),
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
    this.#warnings.reset();
    this.#clipboard.allow(policy);
    this.#sync.allow(policy);
  }

  live(returned: boolean): void {
    this.#phase("live");
    this.#ghost.clear();
    this.#overlay.hide();
    this.#warnings.hide();
    const canvas = this.#session.screen?.canvas();
    if (canvas) this.#viewport.desktop = { width: canvas.width, height: canvas.height };
    if (this.#policy && this.#session.id) this.#watch.start(this.#session.id, this.#policy, this.#stage);
    this.#announcer.say(
      returned ? this.#say("live.back") : this.#say("live.first", { name: this.config.computer.name }),
    );
    // Light from the start: the page's own downloads were slow.
    if (!returned && this.#picture.choice === "auto" && this.#picture.light) this.#news = this.#say("picture.slow");
    if (this.#news) this.#flash(this.#news);
    else if (!returned && !hasTouch()) this.#showHint(this.#say("live.way_out"));
    this.#news = null;
    this.#session.screen?.focus();
    if (this.#asked !== this.#picture.light) void this.#repaint(null); // chosen while the screen was away
  }

  freeze(): void {
    this.#watch.stop();
    this.#meter.clear();
    this.#picture.clear();
    this.#warnings.hide();
    this.#ghost.keep(this.#session.screen?.canvas() ?? this.#stage.querySelector("canvas:not(.pv-ghost)"), this.#stage);
  }

  waiting(seconds: number, attempt: number): void {
    const text = this.#say("lost.waiting", { seconds, attempt });
    if (this.root.dataset["phase"] === "waiting") return this.#overlay.update(text);
    this.#phase("waiting");
    this.#announcer.say(this.#say("lost.title"));
    this.#overlay.show(waitingContent(this.#say, text, this.config.home_url, () => this.#session.hurry()));
  }

  returning(): void {
    const renewed = this.root.dataset["phase"] === "live" ? (this.#repainting ? "picture" : "size") : null;
    this.#phase("returning");
    this.#overlay.show(returningContent(this.#say, renewed));
  }

  ended(end: Ending): void {
    const started = ["live", "waiting", "returning"].includes(this.root.dataset["phase"] ?? "");
    this.#watch.stop();
    this.#warnings.hide();
    // Nothing of the desktop stays on a machine that may be a family's.
    this.#ghost.clear();
    this.#clipboard.clear();
    this.#sync.forget();
    if (this.#fullScreen.on) void this.#fullScreen.toggle();
    this.#phase("ended");
    const failed = !started && end.reason !== "closed_by_user";
    const content = endedContent(this.#say, end, failed, this.config.home_url, () => void this.#session.start());
    this.#announcer.say(`${content.title}. ${content.text}`);
    this.#overlay.show(content);
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
    this.#viewport.desktop = size;
  }

  place(): { stage: HTMLElement; size: Size; scale: ScaleMode; light: boolean } {
    const light = (this.#asked = this.#picture.light);
    return { stage: this.#stage, size: this.#viewport.ask(), scale: this.#viewport.scale, light };
  }

  // ---- the picture's quality ---------------------------------------------------------------

  #measured(roundTrip: number, answer: number): void {
    const rating = this.#meter.add(roundTrip);
    if (this.#picture.add({ rtt: roundTrip, answer })) {
      void this.#repaint(this.#say(this.#picture.light ? "picture.slow" : "picture.better"));
    }
    this.#session.screen?.setLink(this.#picture.choice === "comfort" ? "good" : rating);
  }

  #choose(choice: Choice): void {
    if (this.#picture.choose(choice)) void this.#repaint(null);
  }

  /** Fine or light from now on; RDP needs a new connection for it. `news`: what to tell. */
  async #repaint(news: string | null): Promise<void> {
    const { light } = this.#picture;
    this.#picturePanel.show(light);
    const screen = this.#session.screen;
    if (!screen) return;
    if (screen.setLight(light)) {
      this.#asked = light;
      if (news) this.#flash(news);
      return;
    }
    this.#news = news;
    this.#repainting = true;
    await this.#session.renew();
    this.#repainting = false;
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
        "div",
        { class: "pv-main" },
        this.#stage,
        this.#touchKeyboard.element,
        this.#overlay.element,
        this.#hint,
        this.#warnings.element,
        ...Object.values(this.#panels).map((panel) => panel.element),
      ),
      this.#card.element,
      this.#announcer.element,
    );
    this.root.classList.add("pv");
    this.#phase("card");
  }

  #buildToolbar(): Toolbar {
    const screen = () => this.#session.screen;
    const run = {
      touchKeyboard: () => this.#touchKeyboard.toggle(),
      clipboard: () => this.#togglePanel("clipboard"),
      keys: () => this.#togglePanel("keys"),
      ctrlAltDel: () => this.#withFocus(() => screen()?.sendCtrlAltDel()),
      meta: () => this.#withFocus(() => screen()?.sendMetaKey()),
      pan: () => this.#togglePan(),
      picture: () => this.#togglePanel("picture"),
      scale: () => this.#toggleScale(),
      end: () => void this.#askEnd(),
      ...(this.#fullScreen.possible ? { fullScreen: () => void this.#fullScreen.toggle() } : {}),
    };
    return viewerToolbar(this.#say, this.config.computer.name, this.#meter.element, run);
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
  }

  #phase(phase: "card" | "live" | "waiting" | "returning" | "ended"): void {
    this.root.dataset["phase"] = phase;
    this.#card.element.hidden = phase !== "card";
    if (phase === "card") this.#overlay.hide();
    const away = phase !== "live";
    this.#stage.inert = away;
    if (away) for (const panel of Object.values(this.#panels)) panel.close();
  }

  #toggleScale(): void {
    const real = this.#viewport.toggleScale() === "real";
    this.#toolbar.relabel("scale", this.#say(real ? "toolbar.fit" : "toolbar.real"), real ? "aspect-ratio" : "zoom-in");
    this.#toolbar.press("pan", this.#viewport.panning);
    this.#session.screen?.focus();
  }

  #togglePan(): void {
    if (this.#viewport.scale === "fit") this.#toggleScale();
    this.#viewport.pan(!this.#viewport.panning);
    this.#toolbar.press("pan", this.#viewport.panning);
  }

  #togglePanel(name: PanelName): void {
    const { [name]: panel, ...others } = this.#panels;
    for (const other of Object.values<Panel>(others)) other.close();
    if (panel.open) return panel.close();
    this.#toolbar.item(name)?.setAttribute("aria-expanded", "true");
    if (name === "clipboard") this.#toolbar.flag("clipboard", false);
    panel.show();
  }

  #panelClosed(): void {
    for (const name of Object.keys(this.#panels)) this.#toolbar.item(name)?.setAttribute("aria-expanded", "false");
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

  #stay(): void {
    this.#session.screen?.nudge();
    this.#watch.active();
    this.#session.screen?.focus();
  }

  async #askEnd(): Promise<void> {
    const say = this.#say;
    if (await confirm(this.root, say("end.question"), say("end.detail"), say("end.yes"), say("end.no"))) {
      await this.#session.finish();
    } else this.#session.screen?.focus();
  }
}
