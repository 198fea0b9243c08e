/** How the desktop sits in the window: fitted or real size, moved by a finger, followed by the PC. */
import { desktopSize, differs } from "./desktop-size";
import type { ScaleMode, Size } from "./remote-screen";
import type { RemoteSession } from "./session";

/** After the last change of the window's size. */
const SETTLED_MS = 900;

export const hasTouch = (): boolean => matchMedia("(pointer: coarse)").matches;

export class Viewport {
  readonly stage: HTMLElement;
  scale: ScaleMode = "fit";
  /** The PC's desktop. */
  desktop: Size = { width: 0, height: 0 };
  /** What was asked of the PC last. */
  #asked: Size = { width: 0, height: 0 };
  #timer = 0;

  constructor(
    private readonly root: HTMLElement,
    stage: HTMLElement,
    private readonly session: () => RemoteSession,
  ) {
    this.stage = stage;
    new ResizeObserver(() => {
      clearTimeout(this.#timer);
      this.#timer = window.setTimeout(() => void this.#fit(), SETTLED_MS);
    }).observe(stage);
  }

  /** The desktop to ask of the PC, for the room there is now. */
  ask(): Size {
    this.#asked = this.#wanted;
    return this.#asked;
  }

  get #wanted(): Size {
    return desktopSize({ width: this.stage.clientWidth, height: this.stage.clientHeight });
  }

  toggleScale(): ScaleMode {
    this.scale = this.scale === "fit" ? "real" : "fit";
    this.session().screen?.setScale(this.scale);
    this.root.classList.toggle("pv-real", this.scale === "real");
    if (this.scale === "fit") {
      this.pan(false);
      void this.#fit(); // the window may have changed meanwhile
    }
    return this.scale;
  }

  get panning(): boolean {
    return this.root.classList.contains("pv-pan");
  }

  /** A finger moves the view instead of the PC's pointer. */
  pan(on: boolean): void {
    this.root.classList.toggle("pv-pan", on);
  }

  /** The PC follows the window if it can, else by a new connection. */
  async #fit(): Promise<void> {
    const session = this.session();
    const { screen } = session;
    // A phone's keyboard changes the room all the time.
    if (!screen || hasTouch() || this.scale !== "fit") return;
    const before = this.#asked;
    // Only a window that has changed: a connection made again takes the keyboard away for a moment.
    if (!differs(this.#wanted, before)) return;
    const wanted = this.ask();
    // A PC that did not take what was asked keeps a size of its own, whatever is asked: its picture is scaled.
    if (differs(this.desktop, before)) return;
    const followed = await screen.resize(wanted);
    if (!followed && screen === session.screen) await session.renew();
  }
}
