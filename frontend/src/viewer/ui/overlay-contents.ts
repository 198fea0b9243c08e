/** What the overlay says in each situation. */
import type { Ending } from "../endings";
import type { Say } from "../texts";
import type { OverlayAction, OverlayContent } from "./overlay";

export function waitingContent(say: Say, text: string, home: string, now: () => void): OverlayContent {
  return {
    icon: "plug-connected-x",
    tone: "warning",
    title: say("lost.title"),
    text,
    actions: [
      { label: say("lost.now"), className: "btn btn-primary", icon: "refresh", run: now },
      { label: say("home"), className: "btn", href: home },
    ],
  };
}

/** `renewed`: a new connection on purpose, for another size or another picture; null: the way back from a cut. */
export function returningContent(say: Say, renewed: "size" | "picture" | null): OverlayContent {
  return {
    icon: renewed === "size" ? "aspect-ratio" : renewed ? "adjustments" : "plug-connected",
    tone: "calm",
    title: say(renewed ? "renew.title" : "lost.title"),
    text: say(renewed === "size" ? "renew.text" : renewed ? "renew.picture" : "lost.trying"),
    actions: [],
  };
}

/** `failed`: there has been no picture at all. */
export function endedContent(say: Say, end: Ending, failed: boolean, home: string, again: () => void): OverlayContent {
  const own = end.reason === "closed_by_user";
  const restart: OverlayAction = {
    label: say(failed ? "ended.retry" : "ended.again"),
    className: "btn btn-primary",
    icon: "refresh",
    run: again,
  };
  const leave: OverlayAction = { label: say("home"), className: end.again ? "btn" : "btn btn-primary", icon: "home", href: home };
  return {
    icon: failed ? "alert-triangle" : own ? "circle-check" : "plug-connected-x",
    tone: failed ? "danger" : "calm",
    title: say(failed ? "ended.failed_title" : "ended.title"),
    text: end.message,
    advice: end.advice,
    actions: end.again ? [restart, leave] : [leave],
  };
}
