/** The part of noVNC 1.7 (docs/API.md) that we use; the package has no types. */
declare module "@novnc/novnc" {
  interface RfbEvents {
    connect: CustomEvent<object>;
    disconnect: CustomEvent<{ clean: boolean }>;
    credentialsrequired: CustomEvent<{ types: Array<"username" | "password" | "target"> }>;
    serververification: CustomEvent<{ type: string; publickey: Uint8Array }>;
    securityfailure: CustomEvent<{ status: number; reason?: string }>;
    clipboard: CustomEvent<{ text: string }>;
  }

  export default class RFB {
    constructor(
      target: HTMLElement,
      channel: WebSocket,
      options?: { shared?: boolean; credentials?: { username?: string; password?: string } },
    );
    background: string;
    scaleViewport: boolean;
    clipViewport: boolean;
    resizeSession: boolean;
    qualityLevel: number;
    compressionLevel: number;
    focusOnClick: boolean;
    showDotCursor: boolean;
    addEventListener<K extends keyof RfbEvents>(type: K, listener: (event: RfbEvents[K]) => void): void;
    approveServer(): void;
    clipboardPasteFrom(text: string): void;
    disconnect(): void;
    focus(options?: FocusOptions): void;
    sendCredentials(credentials: { username?: string; password?: string; target?: string }): void;
    sendCtrlAltDel(): void;
    sendKey(keysym: number, code: string | null, down?: boolean): void;
    /** Not in docs/API.md: what `strict-rfb.ts` needs (and its test checks). */
    _handleMessage(): void;
    _fail(details: string): boolean;
  }
}
