/** An RDP screen: IronRDP decodes in the page, the canvas and the inputs are ours. */
import { Backend, displayControl, enableCredssp, init, preConnectionBlob } from "@devolutions/iron-remote-desktop-rdp";
import { FRENCH, strokesFor } from "../azerty";
import { fitted } from "../desktop-size";
import { onFirstImage } from "../first-image";
import { gatewayUrl } from "../gateway-url";
import {
  type Closure,
  type OpenScreen,
  type RemoteScreen,
  type ScaleMode,
  type ScreenOptions,
  type Size,
  SUSPENDED,
} from "../remote-screen";
import { CursorTap } from "./cursor-tap";
import { closureOf } from "./errors";
import { HandshakeTrace } from "./handshake-trace";
import { canInflate } from "./inflating";
import { RdpKeyboard } from "./keyboard";
import { RdpPointer } from "./pointer";
import { scancode } from "./scancodes";
import { observeNextSocket } from "./socket";

type Session = Awaited<ReturnType<InstanceType<typeof Backend.SessionBuilder>["connect"]>>;
type DeviceEvent = ReturnType<typeof Backend.DeviceEvent.keyPressed>;

/** How long a PC that can follow takes to redraw at another size. */
const RESIZE_MS = 1500;
const CLOSE_CODE_MS = 400;
/** Asks the gateway for the light profile; one that does not know the word goes on as before. */
const LIGHT = "parvis:light";

/** Compiles the WebAssembly; once for the page, ideally while the form is being filled. */
export const prepare = ((once?: Promise<void>) => () => (once ??= init("ERROR")))();

export const openRdp: OpenScreen = (options) => new RdpScreen(options);

class RdpScreen implements RemoteScreen {
  readonly #canvas = document.createElement("canvas");
  readonly #box = document.createElement("div");
  readonly #keyboard: RdpKeyboard;
  readonly #pointer: RdpPointer;
  readonly #room: ResizeObserver;
  readonly #cursor = new CursorTap((css) => (this.#canvas.style.cursor = css));
  readonly #trace = new HandshakeTrace();
  #session: Session | null = null;
  #socket: WebSocket | null = null;
  #scale: ScaleMode;
  #code: number | null = null;
  #over = false;
  #wanted = false;
  #clipboard = "";
  #resized: (() => void) | null = null;
  #cancelFirstImage = () => {};

  constructor(private readonly options: ScreenOptions) {
    this.#scale = options.scale;
    this.#canvas.tabIndex = 0;
    this.#canvas.className = "pv-canvas";
    this.#canvas.setAttribute("aria-label", options.computerName);
    this.#canvas.setAttribute("role", "application");
    this.#box.className = "pv-scroll";
    this.#box.append(this.#canvas);
    this.#keyboard = new RdpKeyboard(this.#canvas, {
      key: (code, down) => this.#key(code, down),
      locks: (scroll, num, caps) => this.#session?.synchronizeLockKeys(scroll, num, caps, false),
      releaseAll: () => this.#session?.releaseAllInputs(),
    });
    this.#pointer = new RdpPointer(this.#canvas, {
      move: (x, y) => this.#send(Backend.DeviceEvent.mouseMove(x, y)),
      button: (button, down) =>
        this.#send(down ? Backend.DeviceEvent.mouseButtonPressed(button) : Backend.DeviceEvent.mouseButtonReleased(button)),
      wheel: (vertical, amount, unit) => this.#send(Backend.DeviceEvent.wheelRotations(vertical, amount, unit)),
    });
    this.#room = new ResizeObserver(() => this.#layout());
  }

  connect(): void {
    this.options.stage.append(this.#box);
    this.#room.observe(this.options.stage);
    void this.#run().then(
      (closure) => this.#close(closure),
      async (error: unknown) => {
        await this.#closeCode();
        this.#close(closureOf(error, this.#code, this.#trace));
      },
    );
  }

  /** IronRDP's error comes just before the close event, whose code says more. */
  #closeCode(): Promise<unknown> {
    const late = new Promise((resolve) => setTimeout(resolve, CLOSE_CODE_MS));
    return Promise.race([late, new Promise<void>((resolve) => this.#whenClosed(resolve))]);
  }

  #whenClosed(resolve: () => void): void {
    if (!this.#socket || this.#socket.readyState === WebSocket.CLOSED) resolve();
    else this.#socket.addEventListener("close", () => setTimeout(resolve), { once: true });
  }

  async #run(): Promise<Closure> {
    await prepare();
    if (this.#over) return { kind: "requested", code: null };
    observeNextSocket({
      opened: (socket) => {
        this.#socket = socket;
        this.options.events.step("computer");
      },
      message: (data) => {
        if (this.#session) this.#cursor.feed(data);
        else this.#trace.feed(data);
      },
      closed: (code) => (this.#code = code),
    });
    this.options.events.step("gateway");
    const session = await this.#builder().connect();
    this.#session = session;
    if (this.#over) session.shutdown();
    this.options.events.step("picture");
    const { width, height } = session.desktopSize();
    this.#canvas.width = width;
    this.#canvas.height = height;
    this.#layout();
    this.options.events.resized({ width, height });
    this.#cancelFirstImage = onFirstImage(() => this.#canvas, () => this.options.events.firstImage());
    await session.run();
    return { kind: this.#wanted ? "requested" : "cut", code: this.#code };
  }

  #builder(): InstanceType<typeof Backend.SessionBuilder> {
    const { grant, credentials, size, computerName } = this.options;
    const builder = new Backend.SessionBuilder();
    builder.proxyAddress(gatewayUrl(grant.websocket_origin, grant.websocket, location.origin));
    builder.authToken(grant.ticket);
    // The gateway ignores the destination; CredSSP names the server by it.
    builder.destination(/^[\w.-]+$/.test(computerName) ? computerName : "computer");
    builder.username(credentials.username);
    builder.serverDomain(credentials.domain);
    builder.password(credentials.password);
    builder.desktopSize(new Backend.DesktopSize(size.width, size.height));
    builder.renderCanvas(this.#canvas);
    builder.canvasResizedCallback(() => this.#canvasResized());
    // Required, but never called by 0.7: see cursor-tap.ts.
    builder.setCursorStyleCallback(() => {});
    builder.setCursorStyleCallbackContext(null);
    builder.extension(displayControl(true));
    builder.extension(enableCredssp(true));
    if (this.options.light && canInflate()) builder.extension(preConnectionBlob(LIGHT));
    const { clipboard_to_pc: toPc, clipboard_from_pc: fromPc } = grant.policy;
    if (toPc || fromPc) {
      builder.remoteClipboardChangedCallback((data: InstanceType<typeof Backend.ClipboardData>) => {
        if (fromPc) this.#clipboardReceived(data);
      });
      builder.forceClipboardUpdateCallback(() => this.#offerClipboard());
    }
    return builder;
  }

  disconnect(): void {
    if (this.#over) return;
    this.#wanted = true;
    if (this.#session) this.#session.shutdown();
    else this.#close({ kind: "requested", code: null });
  }

  suspend(): void {
    if (this.#over) return;
    this.#wanted = true;
    this.#socket?.close(SUSPENDED);
    this.#close({ kind: "requested", code: SUSPENDED });
  }

  #close(closure: Closure): void {
    if (this.#over) return;
    this.#over = true;
    this.#cancelFirstImage();
    this.#keyboard.detach();
    this.#pointer.detach();
    this.#room.disconnect();
    this.#session = null;
    this.options.events.closed(this.#wanted ? { ...closure, kind: "requested" } : closure);
    this.#box.remove();
  }

  releaseKeys(): void {
    this.#keyboard.releaseAll();
  }

  focus(): void {
    this.#canvas.focus({ preventScroll: true });
  }

  nudge(): void {
    this.#pointer.nudge();
  }

  canvas(): HTMLCanvasElement {
    return this.#canvas;
  }

  setScale(mode: ScaleMode): void {
    this.#scale = mode;
    this.#layout();
  }

  async resize(size: Size): Promise<boolean> {
    if (!this.#session) return false;
    const done = new Promise<boolean>((resolve) => {
      const late = setTimeout(() => resolve(false), RESIZE_MS);
      this.#resized = () => {
        clearTimeout(late);
        resolve(true);
      };
    });
    this.#session.resize(size.width, size.height);
    return done;
  }

  #canvasResized(): void {
    this.#resized?.();
    this.#resized = null;
    this.#layout();
    this.options.events.resized({ width: this.#canvas.width, height: this.#canvas.height });
  }

  #layout(): void {
    const desktop = { width: this.#canvas.width, height: this.#canvas.height };
    const room = { width: this.options.stage.clientWidth, height: this.options.stage.clientHeight };
    const size = this.#scale === "fit" ? fitted(desktop, room) : desktop;
    this.#canvas.style.width = `${size.width}px`;
    this.#canvas.style.height = `${size.height}px`;
  }

  sendCtrlAltDel(): void {
    this.sendKey("Delete", ["ControlLeft", "AltLeft"]);
  }

  sendMetaKey(): void {
    this.sendKey("MetaLeft");
  }

  sendKey(code: string, modifiers: readonly string[] = []): void {
    const codes = [...modifiers, code].map(scancode).filter((value) => value !== null);
    this.#send(
      ...codes.map((value) => Backend.DeviceEvent.keyPressed(value)),
      ...codes.reverse().map((value) => Backend.DeviceEvent.keyReleased(value)),
    );
  }

  typeText(text: string): void {
    for (const character of text) {
      const strokes = this.options.keyboardLayout === FRENCH ? strokesFor(character) : [];
      for (const stroke of strokes) this.sendKey(stroke.code, stroke.modifiers);
      if (strokes.length > 0) continue;
      // Windows takes any Unicode character this way; xrdp 0.9 only those of its keyboard.
      this.#send(Backend.DeviceEvent.unicodePressed(character), Backend.DeviceEvent.unicodeReleased(character));
    }
  }

  sendClipboard(text: string): void {
    if (!this.options.grant.policy.clipboard_to_pc) return;
    this.#clipboard = text;
    this.#offerClipboard();
  }

  giveCredentials(): void {
    // RDP credentials are part of the connection: there is no question in the middle.
  }

  setLink(): void {
    // RDP decides on depth and compression when it connects.
  }

  setLight(): boolean {
    return false;
  }

  #offerClipboard(): void {
    const data = new Backend.ClipboardData();
    if (this.#clipboard) data.addText("text/plain", this.#clipboard);
    void this.#session?.onClipboardPaste(data);
  }

  #clipboardReceived(data: InstanceType<typeof Backend.ClipboardData>): void {
    const text = data.items().find((item) => item.mimeType() === "text/plain")?.value() as unknown;
    if (typeof text === "string") this.options.events.clipboard(text);
  }

  #key(code: number, down: boolean): void {
    this.#send(down ? Backend.DeviceEvent.keyPressed(code) : Backend.DeviceEvent.keyReleased(code));
  }

  #send(...events: DeviceEvent[]): void {
    if (!this.#session) return;
    const transaction = new Backend.InputTransaction();
    for (const event of events) transaction.addEvent(event);
    this.#session.applyInputs(transaction);
  }
}
