/** Before entering: name, microphone, loudspeaker; with or without a microphone. */
import type { RoomConfig } from "./config";
import { button, el } from "./dom";
import { type MicProblem, micProblem, openMic, stop, watchLevel } from "./sound";
import type { Say } from "./texts";

export interface Entrance {
  readonly name: string;
  readonly mic: MediaStream | null;
  readonly speaker: string;
}

/** Draws the door into `root`; `enter` is called once. */
export function showDoor(root: HTMLElement, config: RoomConfig, say: Say, enter: (entrance: Entrance) => void): void {
  let mic: MediaStream | null = null;
  let unwatch = (): void => undefined;
  const problem = el("p", { class: "text-danger", role: "alert", hidden: true });
  const name = el("input", { class: "form-control", id: "room-name", maxlength: 120, autocomplete: "name", value: config.name });
  const mics = el("select", { class: "form-select", id: "room-mic" });
  const speakers = el("select", { class: "form-select", id: "room-speaker" });
  const level = el("meter", { class: "room-level", min: 0, max: 1, value: 0, "aria-label": say("door.level") });
  const devices = el("div", { class: "room-devices", hidden: true });

  const complain = (words: string): void => {
    problem.textContent = words;
    problem.hidden = !words;
  };

  async function tryMic(): Promise<MicProblem | null> {
    release();
    try {
      mic = await openMic(mics.value);
    } catch (fault) {
      const found = micProblem(fault);
      complain(say(found));
      return found;
    }
    complain("");
    unwatch = watchLevel(mic, (value) => (level.value = value));
    await listDevices(mics, speakers, mic, say);
    devices.hidden = false;
    return null;
  }

  function release(): void {
    unwatch();
    stop(mic);
    mic = null;
  }

  function go(withMic: MediaStream | null): void {
    const given = name.value.trim();
    if (config.asks_name && !given) {
      complain(say("door.name_needed"));
      name.setAttribute("aria-invalid", "true");
      name.focus();
      return;
    }
    unwatch();
    if (!withMic) stop(mic);
    enter({ name: given, mic: withMic, speaker: speakers.value });
  }

  mics.addEventListener("change", () => void tryMic());
  const nameLine = el("div", { class: "mb-3" }, el("label", { class: "form-label", for: "room-name" }, say("door.name")), name);
  devices.append(
    el("div", {}, el("label", { class: "form-label", for: "room-mic" }, say("door.mic")), mics),
    el("div", { class: "room-speakers" }, el("label", { class: "form-label", for: "room-speaker" }, say("door.speaker")), speakers),
    el("div", {}, el("span", { class: "form-label" }, say("door.level")), level, el("p", { class: "form-hint" }, say("door.level_hint"))),
  );
  const withMic = async (): Promise<void> => {
    if (mic || !(await tryMic())) go(mic);
  };
  const choices = config.listens
    ? [button(say("door.listen"), () => go(null), "btn btn-primary btn-lg", "volume")]
    : [
        button(say("door.enter"), () => void withMic(), "btn btn-primary btn-lg", "microphone"),
        button(say("door.enter_without"), () => go(null), "btn btn-lg", "microphone-off"),
        button(say("door.try_mic"), () => void tryMic(), "btn btn-ghost-secondary"),
      ];
  const check = el("p", { class: "mt-3 mb-0" }, el("a", { href: config.check_url, target: "_blank", rel: "noopener" }, say("door.check")));
  root.replaceChildren(
    el(
      "section",
      { class: "card", "aria-labelledby": "door-title" },
      el(
        "div",
        { class: "card-body" },
        el("h2", { class: "card-title", id: "door-title" }, say("door.title")),
        config.asks_name ? nameLine : null,
        config.listens ? null : devices,
        el("div", { class: "btn-list" }, ...choices),
        problem,
        config.listens ? null : el("p", { class: "form-hint mt-2" }, say("door.without_hint")),
        check,
      ),
    ),
  );
}

async function listDevices(mics: HTMLSelectElement, speakers: HTMLSelectElement, mic: MediaStream, say: Say): Promise<void> {
  const found = await navigator.mediaDevices.enumerateDevices();
  const used = mic.getAudioTracks()[0]?.getSettings().deviceId ?? "";
  const options = (kind: MediaDeviceKind, chosen: string): HTMLOptionElement[] => {
    const known = found.filter((each) => each.kind === kind && each.deviceId);
    const made = known.map((each) => el("option", { value: each.deviceId, selected: each.deviceId === chosen }, each.label || each.deviceId));
    return made.length ? made : [el("option", { value: "" }, say("door.default_device"))];
  };
  mics.replaceChildren(...options("audioinput", used));
  const outputs = options("audiooutput", speakers.value);
  speakers.replaceChildren(...outputs);
  const choosable = "setSinkId" in HTMLMediaElement.prototype;
  (speakers.parentElement as HTMLElement).hidden = !choosable;
}
