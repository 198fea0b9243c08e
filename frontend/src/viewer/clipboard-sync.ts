/**
 * The two clipboards kept alike where the browser lets a page do it; the panel remains for the rest.
 *
 * Reading needs a permission that only some browsers give; it is tried when the screen takes the
 * focus, never in the background.
 */
import type { Policy } from "./remote-screen";

export class ClipboardSync {
  #policy: Policy | null = null;
  #last = "";
  #readable = true;

  constructor(private readonly send: (text: string) => void) {}

  allow(policy: Policy): void {
    this.#policy = policy;
  }

  /** From the PC. True when this machine's clipboard holds it now. */
  async receive(text: string): Promise<boolean> {
    if (!this.#policy?.clipboard_from_pc) return false;
    this.#last = text;
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return false; // no permission, or the page has not the focus
    }
  }

  /** The screen takes the focus: what was copied meanwhile goes to the PC. */
  async offer(): Promise<void> {
    if (!this.#policy?.clipboard_to_pc || !this.#readable || !(await this.#allowed())) return;
    try {
      const text = await navigator.clipboard.readText();
      if (!text || text === this.#last) return;
      this.#last = text;
      this.send(text);
    } catch {
      this.#readable = false;
    }
  }

  forget(): void {
    this.#last = "";
  }

  /** Whether reading works without an own button of the browser popping up each time. */
  async #allowed(): Promise<boolean> {
    try {
      const permission = await navigator.permissions.query({ name: "clipboard-read" as PermissionName });
      return permission.state !== "denied";
    } catch {
      return false; // Firefox and Safari ask by a pop-up at every reading: the panel is better
    }
  }
}
