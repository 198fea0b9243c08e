/** The bar's buttons and what each asks for. */
import type { Say } from "../texts";
import { h, icon } from "./dom";
import { Toolbar } from "./toolbar";

export interface ToolbarActions {
  touchKeyboard(): void;
  clipboard(): void;
  keys(): void;
  ctrlAltDel(): void;
  meta(): void;
  pan(): void;
  picture(): void;
  scale(): void;
  /** Absent where the browser has no full screen (iPhone). */
  fullScreen?: () => void;
  end(): void;
}

export function viewerToolbar(say: Say, computer: string, meter: HTMLElement, run: ToolbarActions): Toolbar {
  const name = h("div", { class: "pv-name" }, icon("device-desktop"), h("span", {}, computer));
  const toolbar = new Toolbar(say("toolbar.label"), say("toolbar.more"), name, meter, [
    { id: "touch", label: say("toolbar.touch_keyboard"), icon: "keyboard-show", essential: true, touchOnly: true, run: run.touchKeyboard },
    { id: "clipboard", label: say("toolbar.clipboard"), icon: "clipboard-text", run: run.clipboard },
    { id: "keys", label: say("toolbar.keys"), icon: "keyboard", run: run.keys },
    { id: "cad", label: say("toolbar.ctrl_alt_del"), icon: "lock", roomy: true, run: run.ctrlAltDel },
    { id: "meta", label: say("toolbar.meta"), icon: "brand-windows", run: run.meta },
    { id: "pan", label: say("toolbar.pan"), icon: "hand-move", touchOnly: true, run: run.pan },
    { id: "picture", label: say("picture.title"), icon: "adjustments", run: run.picture },
    { id: "scale", label: say("toolbar.real"), icon: "zoom-in", run: run.scale },
    ...(run.fullScreen ? [{ id: "full", label: say("toolbar.full_screen"), icon: "maximize", run: run.fullScreen }] : []),
    { id: "end", label: say("toolbar.end"), icon: "logout", danger: true, wide: true, essential: true, run: run.end },
  ]);
  for (const [item, panel] of [["clipboard", "pv-clipboard"], ["keys", "pv-keys"], ["picture", "pv-quality"]] as const) {
    toolbar.item(item)?.setAttribute("aria-controls", panel);
    toolbar.item(item)?.setAttribute("aria-expanded", "false");
  }
  return toolbar;
}
