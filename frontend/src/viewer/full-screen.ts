/** Full screen of the whole viewer, with the system's keys where the browser gives them. */

interface KeyboardLock {
  lock?(keys: string[]): Promise<void>;
  unlock?(): void;
}

/** Keys that otherwise never reach a page. Escape leaves full screen when held. */
const SYSTEM_KEYS = ["Escape", "MetaLeft", "MetaRight", "Tab", "AltLeft", "F4", "F11"];

export class FullScreen {
  constructor(
    private readonly root: HTMLElement,
    private readonly changed: (on: boolean) => void,
  ) {
    document.addEventListener("fullscreenchange", () => this.changed(this.on));
  }

  get on(): boolean {
    return document.fullscreenElement === this.root;
  }

  get possible(): boolean {
    return document.fullscreenEnabled;
  }

  async toggle(): Promise<void> {
    const keyboard = (navigator as Navigator & { keyboard?: KeyboardLock }).keyboard;
    if (this.on) {
      keyboard?.unlock?.();
      await document.exitFullscreen();
    } else {
      await this.root.requestFullscreen({ navigationUI: "hide" });
      await keyboard?.lock?.(SYSTEM_KEYS).catch(() => {});
    }
  }
}
