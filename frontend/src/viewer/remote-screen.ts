/** What the viewer asks of a remote screen, whatever the protocol. */

export interface Policy {
  clipboard_to_pc: boolean;
  clipboard_from_pc: boolean;
  idle_seconds: number;
  /** Unix seconds. */
  ends_at: number;
  resume_seconds: number;
}

/** The portal's permission to open one connection. The ticket is used once, at once, and never kept. */
export interface Grant {
  ticket: string;
  session: string;
  websocket: string;
  websocket_origin: string | null;
  policy: Policy;
}

export interface Credentials {
  username: string;
  domain: string;
  password: string;
}

export type CredentialKind = keyof Credentials | "target";

export interface Size {
  width: number;
  height: number;
}

/** Why the PC refused the sign-in: all that is ever told to the portal of it (gateway-protocol.md, section 4). */
export type Refusal =
  | "password_wrong"
  | "password_expired"
  | "account_locked"
  | "account_disabled"
  | "not_remote_user"
  | "no_domain"
  | "other";

/** Why a connection is over, as far as the browser can tell; the portal knows better. */
export interface Closure {
  kind: "cut" | "credentials" | "access_denied" | "negotiation" | "gateway" | "target" | "requested";
  /** WebSocket close code, when it was seen. */
  code: number | null;
  /** What the PC itself said, e.g. VNC's reason for a refusal. */
  said?: string;
  /** The PC refused the sign-in. */
  refusal?: Refusal;
}

/** The close code of `suspend()`: `browser_lost` in the contract. */
export const SUSPENDED = 4014;

export type Step = "gateway" | "computer" | "picture";
export type ScaleMode = "fit" | "real";

/** What a remote screen tells the viewer. `closed` comes exactly once, and nothing after it. */
export interface ScreenEvents {
  step(step: Step): void;
  firstImage(): void;
  credentialsRequired(kinds: CredentialKind[]): void;
  clipboard(text: string): void;
  resized(size: Size): void;
  /** The picture is about to leave the page. */
  leaving(): void;
  closed(closure: Closure): void;
}

export interface RemoteScreen {
  /** Opens the connection in `stage`; everything else comes through the events. */
  connect(): void;
  /** Leaves for good. */
  disconnect(): void;
  /** Leaves to come back at once: the gateway sees a lost browser, not a user who has finished. */
  suspend(): void;
  /** The PC's own keys released: the keyboard leaves the screen. */
  releaseKeys(): void;
  focus(): void;
  /** A movement that changes nothing, so that the gateway sees someone. */
  nudge(): void;
  setScale(mode: ScaleMode): void;
  /** Asks the PC for another desktop size. False: it cannot follow without a new connection. */
  resize(size: Size): Promise<boolean>;
  sendCtrlAltDel(): void;
  sendMetaKey(): void;
  /** One key by its `KeyboardEvent.code`, pressed and released, with modifiers held. */
  sendKey(code: string, modifiers?: readonly string[]): void;
  /** Characters, whatever keyboard shows them. */
  typeText(text: string): void;
  sendClipboard(text: string): void;
  giveCredentials(credentials: Credentials): void;
  setLink(rating: "good" | "fair" | "poor"): void;
  /** Fewer bytes rather than a fine picture, or the contrary. False: it takes a new connection. */
  setLight(light: boolean): boolean;
  /** The canvas with the last picture, for as long as it exists. */
  canvas(): HTMLCanvasElement | null;
}

export interface ScreenOptions {
  stage: HTMLElement;
  grant: Grant;
  credentials: Credentials;
  computerName: string;
  keyboardLayout: number;
  scale: ScaleMode;
  size: Size;
  /** Fewer bytes rather than a fine picture. */
  light: boolean;
  events: ScreenEvents;
}

export type OpenScreen = (options: ScreenOptions) => RemoteScreen;
