/** Entry of the self-test: loudspeaker, microphone, network, camera; then what to do, in plain words. */
import "./styles/room.css";
import { button, el } from "./room/dom";
import { micProblem, openMic, stop } from "./room/sound";
import { canReach, echo } from "./soundcheck/echo";
import { playNotes, recordAndPlay } from "./soundcheck/instruments";
import { type Say, speaker, type TextKey } from "./soundcheck/texts";
import { complete, type Finding, type Findings, networkOf, verdict } from "./soundcheck/verdict";
import { gatewayUrl } from "./viewer/gateway-url";

interface CheckConfig {
  echo: string;
  phone: string;
  texts: Record<string, string>;
}

const root = document.querySelector<HTMLElement>("#room");
const given = document.getElementById("check-config")?.textContent;
if (root && given) start(root, JSON.parse(given) as CheckConfig);

function start(page: HTMLElement, config: CheckConfig): void {
  const say = speaker(config.texts);
  let found: Findings = { sound: "untried", mic: "untried", net: "untried" };
  const summary = el("section", { class: "card check-step", role: "status" });
  const note = (change: Partial<Findings>): void => {
    found = { ...found, ...change };
    summarise(summary, found, config, say);
  };
  page.replaceChildren(soundStep(say, note), micStep(say, note), netStep(config, say, note), cameraStep(say), summary);
  summary.hidden = true;
}

interface Card {
  readonly root: HTMLElement;
  readonly body: HTMLElement;
  readonly actions: HTMLElement;
  tell(words: string, good?: boolean): void;
}

function card(title: string): Card {
  const said = el("p", { class: "room-status", role: "status" });
  const actions = el("div", { class: "btn-list" });
  const body = el("div", { class: "card-body" }, el("h2", { class: "card-title" }, title), actions, said);
  return {
    root: el("section", { class: "card check-step" }, body),
    body,
    actions,
    tell(words, good): void {
      said.textContent = words;
      said.classList.toggle("text-success", good === true);
      said.classList.toggle("text-danger", good === false);
    },
  };
}

type Note = (change: Partial<Findings>) => void;

function soundStep(say: Say, note: Note): HTMLElement {
  const step = card(say("sound.title"));
  const answer = (finding: Finding) => () => {
    note({ sound: finding });
    step.tell(say(finding === "good" ? "sound.good" : "sound.bad"), finding === "good");
  };
  const yes = button(say("sound.yes"), answer("good"));
  const no = button(say("sound.no"), answer("bad"));
  yes.hidden = no.hidden = true;
  const play = button(say("sound.play"), () => {
    void playNotes().then(() => {
      step.tell(say("sound.heard"));
      yes.hidden = no.hidden = false;
      yes.focus();
    });
  }, "btn btn-primary", "volume");
  step.actions.append(play, yes, no);
  return step.root;
}

function micStep(say: Say, note: Note): HTMLElement {
  const step = card(say("mic.title"));
  const level = el("meter", { class: "room-level", min: 0, max: 1, value: 0, "aria-label": say("mic.level") });
  step.body.append(level);
  const hear = async (): Promise<void> => {
    let stream: MediaStream | null = null;
    try {
      stream = await openMic("");
      step.tell(say("mic.speak"));
      const loudest = await recordAndPlay(stream, (value) => (level.value = value), () => step.tell(say("mic.back")));
      const good = loudest > 0.25;
      note({ mic: good ? "good" : "bad" });
      step.tell(say(good ? "mic.good" : "mic.silent"), good);
    } catch (fault) {
      note({ mic: "bad" });
      step.tell(say(micProblem(fault) === "door.mic_refused" ? "mic.refused" : "mic.missing"), false);
    } finally {
      stop(stream);
      level.value = 0;
    }
  };
  step.actions.append(button(say("mic.start"), () => void hear(), "btn btn-primary", "microphone"));
  return step.root;
}

function netStep(config: CheckConfig, say: Say, note: Note): HTMLElement {
  const step = card(say("net.title"));
  const measure = async (): Promise<void> => {
    step.tell(say("net.doing"));
    const [trips, reach] = await Promise.all([echo(gatewayUrl("", config.echo, location.origin)), canReach().catch(() => false)]);
    const network = networkOf(trips.sent, trips.delays);
    const good = (network.kind === "good" || network.kind === "slow") && reach;
    const words = "ms" in network ? say(`net.${network.kind}`, { ms: network.ms }) : say(`net.${network.kind}`);
    note({ net: good ? "good" : "bad" });
    step.tell(`${words} ${say(reach ? "net.udp_good" : "net.udp_bad")}`, good);
  };
  step.actions.append(button(say("net.start"), () => void measure(), "btn btn-primary", "wifi"));
  return step.root;
}

function cameraStep(say: Say): HTMLElement {
  const step = card(say("camera.title"));
  const look = async (): Promise<void> => {
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 360 } });
      stop(stream);
      step.tell(say("camera.good"), true);
    } catch {
      step.tell(say("camera.bad"));
    }
  };
  step.actions.append(button(say("camera.start"), () => void look(), "btn", "video"));
  return step.root;
}

function summarise(summary: HTMLElement, found: Findings, config: CheckConfig, say: Say): void {
  if (!complete(found)) return;
  const advice = verdict(found);
  const word = (finding: Finding): string => say(`word.${finding}` as TextKey);
  const sentence = say("verdict.sentence", {
    date: new Date().toLocaleString(document.documentElement.lang),
    sound: word(found.sound),
    mic: word(found.mic),
    net: word(found.net),
    browser: navigator.userAgent.match(/(Firefox|Edg|Chrome|Version)\/[\d.]+/)?.[0] ?? "?",
  });
  const call = advice !== "verdict.ready" && config.phone ? el("p", { class: "room-dial" }, say("verdict.call", { number: config.phone })) : null;
  const parts = [el("h2", { class: "card-title" }, say("verdict.title")), el("p", {}, el("strong", {}, say(advice))), call];
  const help = advice === "verdict.ready" ? [] : [el("p", { class: "mb-1" }, say("verdict.help")), el("blockquote", {}, sentence)];
  summary.replaceChildren(el("div", { class: "card-body" }, ...parts.filter((each) => each !== null), ...help));
  summary.hidden = false;
}
