/** A VNC screen: noVNC over the gateway's channel. */
import { onFirstImage } from "../first-image";
import { gatewayUrl } from "../gateway-url";
import { pictureLevels, type Rating } from "../link-quality";
import {
  type Closure,
  type Credentials,
  type OpenScreen,
  type RemoteScreen,
  type ScaleMode,
  type ScreenOptions,
  type Size,
  SUSPENDED,
} from "../remote-screen";
import { openChannel } from "./handshake";
import { keysymOfCharacter, keysymOfCode } from "./keysyms";
import StrictRfb from "./strict-rfb";

/** On a narrower stage the desktop keeps its size and the picture is reduced. */
const RESIZE_FROM_WIDTH = 800;

export const openVnc: OpenScreen = (options) => new VncScreen(options);

class VncScreen implements RemoteScreen {
  readonly #box = document.createElement("div");
  #socket: WebSocket | null = null;
  #rfb: StrictRfb | null = null;
  #canvas: HTMLCanvasElement | null = null;
  #scale: ScaleMode;
  #failure: Closure | null = null;
  #code: number | null = null;
  #wanted = false;
  #over = false;
  #light: boolean;
  #rating: Rating = "good";
  #cancelFirstImage = () => {};

  constructor(private readonly options: ScreenOptions) {
    this.#scale = options.scale;
    this.#light = options.light;
    this.#box.className = "pv-vnc";
  }

  connect(): void {
    const { grant, events, stage } = this.options;
    stage.append(this.#box);
    events.step("gateway");
    this.#socket = openChannel(gatewayUrl(grant.websocket_origin, grant.websocket, location.origin), grant.ticket, {
      opened: () => events.step("computer"),
      accepted: (socket) => this.#attach(socket),
      closed: (code) => {
        this.#code = code;
        events.leaving(); // noVNC is about to take its canvas away
        // noVNC, once it runs, tells the end itself, after what it still has to draw.
        if (!this.#rfb) this.#close();
      },
    });
  }

  #attach(socket: WebSocket): void {
    const { credentials, events, grant, computerName } = this.options;
    const known = credentials.password ? { username: credentials.username, password: credentials.password } : {};
    const rfb = new StrictRfb(this.#box, socket, { shared: true, credentials: known });
    this.#rfb = rfb;
    this.#canvas = this.#box.querySelector("canvas");
    this.#canvas?.setAttribute("aria-label", computerName);
    this.#canvas?.setAttribute("role", "application");
    rfb.background = "transparent";
    rfb.showDotCursor = true;
    this.setScale(this.#scale);
    if (this.#light) this.setLight(true);
    rfb.addEventListener("connect", () => {
      events.step("picture");
      this.#cancelFirstImage = onFirstImage(() => this.#canvas, () => events.firstImage());
    });
    rfb.addEventListener("credentialsrequired", (event) => events.credentialsRequired(event.detail.types));
    // The gateway chose the address and keeps strangers out of it; VNC keys are not pinned.
    rfb.addEventListener("serververification", () => rfb.approveServer());
    rfb.addEventListener("securityfailure", (event) => {
      const refused = { kind: "credentials", code: null, refusal: "password_wrong" } as const;
      this.#failure = { ...refused, ...(event.detail.reason ? { said: event.detail.reason } : {}) };
    });
    rfb.addEventListener("clipboard", (event) => {
      if (grant.policy.clipboard_from_pc) events.clipboard(event.detail.text);
    });
    rfb.addEventListener("disconnect", () => this.#close());
  }

  disconnect(): void {
    this.#wanted = true;
    if (this.#rfb) this.#rfb.disconnect();
    else {
      this.#socket?.close();
      this.#close();
    }
  }

  suspend(): void {
    this.#wanted = true;
    this.#socket?.close(SUSPENDED);
    this.#close();
  }

  #close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#cancelFirstImage();
    const closure = this.#failure ?? { kind: "cut" as const, code: null };
    // The close event of the socket may come just after noVNC's.
    setTimeout(() => {
      const code = this.#code;
      this.options.events.closed(this.#wanted ? { kind: "requested", code } : { ...closure, code });
      this.#box.remove();
    });
  }

  releaseKeys(): void {
    // noVNC lets go of every key when the window loses the keyboard: from the PC's side, it does.
    window.dispatchEvent(new Event("blur"));
  }

  focus(): void {
    this.#rfb?.focus({ preventScroll: true });
  }

  nudge(): void {
    this.sendKey("ShiftLeft");
  }

  canvas(): HTMLCanvasElement | null {
    return this.#canvas;
  }

  setScale(mode: ScaleMode): void {
    this.#scale = mode;
    if (!this.#rfb) return;
    const wide = this.options.stage.clientWidth >= RESIZE_FROM_WIDTH;
    this.#rfb.scaleViewport = mode === "fit";
    this.#rfb.resizeSession = mode === "fit" && wide;
  }

  async resize(_size: Size): Promise<boolean> {
    return true; // noVNC follows its box by itself, where the PC agrees
  }

  sendCtrlAltDel(): void {
    this.#rfb?.sendCtrlAltDel();
  }

  sendMetaKey(): void {
    this.sendKey("MetaLeft");
  }

  sendKey(code: string, modifiers: readonly string[] = []): void {
    const keys = [...modifiers, code];
    for (const each of keys) this.#press(each, true);
    for (const each of keys.reverse()) this.#press(each, false);
  }

  typeText(text: string): void {
    for (const character of text) this.#rfb?.sendKey(keysymOfCharacter(character), null);
  }

  sendClipboard(text: string): void {
    if (this.options.grant.policy.clipboard_to_pc) this.#rfb?.clipboardPasteFrom(text);
  }

  giveCredentials(credentials: Credentials): void {
    this.#rfb?.sendCredentials({ username: credentials.username, password: credentials.password, target: "" });
  }

  setLight(light: boolean): boolean {
    this.#light = light;
    this.setLink(this.#rating);
    return true;
  }

  setLink(rating: Rating): void {
    this.#rating = rating;
    if (!this.#rfb) return;
    const { quality, compression } = pictureLevels(this.#light ? "poor" : rating);
    this.#rfb.qualityLevel = quality;
    this.#rfb.compressionLevel = compression;
  }

  #press(code: string, down: boolean): void {
    const keysym = keysymOfCode(code);
    if (keysym !== null) this.#rfb?.sendKey(keysym, code, down);
  }
}
