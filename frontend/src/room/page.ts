/** The page of a room, from the door to the end. */
import { gatewayUrl } from "../viewer/gateway-url";
import type { RoomConfig } from "./config";
import { ask, button, el } from "./dom";
import { type Entrance, showDoor } from "./door";
import type { Ending } from "./endings";
import { type Line, openLine } from "./line";
import type { Message } from "./messages";
import { canMeet, micProblem, openMic, Sound } from "./sound";
import { Stage } from "./stage";
import { EMPTY, maySpeak, me, reduce, type RoomState } from "./state";
import { knownText, type Say, speaker } from "./texts";

export function showRoom(root: HTMLElement, config: RoomConfig): void {
  const say = speaker(config.texts);
  const content = el("div", { class: "room-content" });
  // Two regions: what the page says of itself, and what happens in the room; both are read out.
  const status = el("p", { class: "room-status", role: "status" });
  const happenings = el("p", { class: "room-happening", role: "log", "aria-live": "polite" });
  root.replaceChildren(status, content, happenings);
  const tell = (words: string): void => void (status.textContent = words);
  if (!canMeet(window)) {
    tell(say("door.old_browser"));
    return;
  }
  const door = (): void => {
    tell("");
    showDoor(content, config, say, (entrance) => new Visit(config, say, content, tell, (words) => (happenings.textContent = words), entrance, door));
  };
  door();
}

/** New offers for a sound path that does not come about; then one is told to call. */
const SOUND_TRIES = 3;

/** From entering to leaving. */
class Visit {
  private state: RoomState = EMPTY;
  private micOpen = false;
  private cameraOn = false;
  private camerasOn = false;
  private lastChat = "";
  private begun = false;
  private wasCut = false;
  private soundFaults = 0;
  private turn: Promise<void> = Promise.resolve();
  private readonly line: Line;
  private readonly sound: Sound;
  private readonly stage: Stage;

  constructor(
    private readonly config: RoomConfig,
    private readonly say: Say,
    private readonly content: HTMLElement,
    private readonly tell: (words: string) => void,
    private readonly announce: (words: string) => void,
    private readonly entrance: Entrance,
    private readonly door: () => void,
  ) {
    this.sound = new Sound((message) => this.line.send(message), {
      blocked: () => this.askToPlay(),
      cameras: (streams) => this.stage.showCameras(streams, this.sound?.ownCamera ?? null),
    });
    this.stage = new Stage(config, say, {
      send: (message) => this.send(message),
      toggleMic: () => void this.toggleMic(),
      toggleCamera: () => void this.toggleCamera(),
      toggleCameras: () => this.toggleCameras(),
      playSound: () => void this.sound.play(),
      leave: () => this.line.leave(),
    });
    this.showWaiting(say("wait.connecting"));
    void this.sound.playOn(entrance.speaker);
    this.line = openLine(
      {
        ticket: () => this.ticket(),
        socket: () => new WebSocket(gatewayUrl("", config.websocket, location.origin)),
        now: () => performance.now(),
        later: (action, seconds) => window.setTimeout(action, seconds * 1000),
        forget: (timer) => window.clearTimeout(timer),
      },
      {
        message: (message) => void this.hear(message),
        cut: (seconds) => this.cut(seconds),
        waiting: (ending) => this.showWaiting(say(ending.text)),
        over: (ending) => this.over(ending),
      },
    );
    window.addEventListener("online", this.hurry);
    window.addEventListener("pagehide", this.bye);
  }

  private readonly hurry = (): void => this.line.hurry();
  private readonly bye = (): void => this.line.leave();

  private async ticket(): Promise<{ ticket: string } | { status: number; code: string }> {
    const response = await fetch(this.config.ticket_url, {
      method: "POST",
      headers: { "X-CSRFToken": this.config.csrf, "Content-Type": "application/json" },
      body: JSON.stringify(this.config.asks_name ? { name: this.entrance.name } : {}),
      redirect: "manual",
      cache: "no-store",
    });
    if (response.type === "opaqueredirect") return { status: 302, code: "" };
    const body = (await response.json().catch(() => ({}))) as { ticket?: string; code?: string };
    return response.ok && body.ticket ? { ticket: body.ticket } : { status: response.status, code: body.code ?? "" };
  }

  private send(message: object): void {
    const chat = message as { type: string; text?: string };
    if (chat.type === "chat") this.lastChat = chat.text ?? "";
    if (!this.line.send(message) && chat.type === "chat") this.stage.giveBack(this.lastChat);
  }

  private async hear(message: Message): Promise<void> {
    const { state, said } = reduce(this.state, message);
    this.state = state;
    for (const each of said) this.announce(this.say(each.key, each.values));
    await this.react(message);
    if (this.state.inside) this.draw();
  }

  /** One after the other: an offer that comes while another is answered waits for its turn. */
  private inTurn(deed: () => Promise<void>): Promise<void> {
    // A path that could not be made is no reason to lose the room: the server says `media` when it is up.
    this.turn = this.turn.then(deed).catch((fault: unknown) => console.warn("room media", fault));
    return this.turn;
  }

  private async react(message: Message): Promise<void> {
    switch (message.type) {
      case "welcome":
        this.sound.use(message.ice_servers);
        if (message.state === "lobby") this.showWaiting(this.say("wait.lobby"));
        return;
      case "admitted":
        await this.inTurn(() => this.enter());
        return;
      case "media":
        if (message.leg === "audio") await this.inTurn(() => this.soundIs(message.up));
        return;
      case "muted":
        this.setMic(false);
        return;
      case "unmute_asked":
        await this.unmuteAsked(message.by);
        return;
      case "error":
        await this.refused(message.code, message.of);
        return;
      default:
        await this.inTurn(() => this.sound.hear(message));
    }
  }

  private async enter(): Promise<void> {
    this.content.replaceChildren(this.stage.root);
    this.tell(this.say(this.wasCut ? "in.back" : "in.entered"));
    const mic = this.sound.hasMic ? this.keptMic : this.entrance.mic;
    this.keptMic = mic;
    await this.sound.begin(mic, this.config.listens);
    this.begun = true;
    // Entered with a microphone: it opens, unless the room says otherwise; after a cut as it was left.
    const open = this.wasCut ? this.micOpen : mic !== null;
    this.wasCut = false;
    this.micOpen = false;
    if (open && mic && maySpeak(this.state)) this.setMic(true, true);
    else if (!this.config.listens) this.line.send({ type: "mute", on: true });
    if (this.camerasOn) this.line.send({ type: "cameras_want", on: true });
    if (this.cameraOn) {
      this.cameraOn = false;
      await this.toggleCamera();
    }
  }

  private keptMic: MediaStream | null = null;

  private async soundIs(up: boolean): Promise<void> {
    this.soundFaults = up ? 0 : this.soundFaults + 1;
    this.tell(this.say(up ? "in.sound_up" : this.soundFaults < SOUND_TRIES ? "in.sound_down" : "in.no_sound"));
    if (up || this.soundFaults > SOUND_TRIES || !this.state.inside || !this.begun) return;
    await this.sound.begin(this.keptMic, this.config.listens);
    this.sound.open(this.micOpen);
  }

  private setMic(open: boolean, tellServer = false): void {
    const changed = this.micOpen !== open;
    this.micOpen = open;
    this.sound.open(open);
    if (tellServer) this.line.send({ type: "mute", on: !open });
    if (changed && tellServer) this.announce(this.say(open ? "said.mic_open" : "said.mic_closed"));
  }

  private async toggleMic(): Promise<void> {
    if (this.micOpen) {
      this.setMic(false, true);
    } else if (!maySpeak(this.state)) {
      this.tell(this.say(me(this.state)?.held ? "error.muted_by_host" : "error.not_your_turn"));
    } else if (this.sound.hasMic || (await this.addMic())) {
      this.setMic(true, true);
    }
    this.draw();
  }

  private async addMic(): Promise<boolean> {
    let mic: MediaStream;
    try {
      mic = await openMic("");
    } catch (fault) {
      this.tell(this.say(micProblem(fault)));
      return false;
    }
    this.keptMic = mic;
    await this.inTurn(() => this.sound.addMic(mic));
    return true;
  }

  private async unmuteAsked(by: string): Promise<void> {
    if (this.micOpen) return;
    if (!(await ask(this.say("said.unmute_asked", { name: by }), this.say("host.yes"), this.say("host.no")))) return;
    if (this.sound.hasMic || (await this.addMic())) this.setMic(true, true);
    this.draw();
  }

  private async toggleCamera(): Promise<void> {
    if (this.cameraOn) {
      this.sound.hideCamera();
      this.cameraOn = false;
    } else {
      try {
        await this.sound.showCamera();
        this.cameraOn = true;
        if (!this.camerasOn) this.toggleCameras();
      } catch {
        this.tell(this.say("error.camera"));
      }
    }
    if (!this.camerasOn || this.cameraOn) this.stage.showCameras(new Map(), this.sound.ownCamera);
    this.draw();
  }

  private toggleCameras(): void {
    this.camerasOn = !this.camerasOn;
    this.line.send({ type: "cameras_want", on: this.camerasOn });
    if (!this.camerasOn) this.sound.unwatch();
    this.draw();
  }

  private async refused(code: string, of: string): Promise<void> {
    const key = knownText(`error.${code}`);
    this.tell(this.say(key ?? "error.invalid"));
    if (of === "mute") this.setMic(false);
    if (of === "chat") this.stage.giveBack(this.lastChat);
    if (of === "camera_offer") {
      this.sound.hideCamera();
      this.cameraOn = false;
    }
  }

  private draw(): void {
    this.stage.draw(this.state, { micOpen: this.micOpen, cameraOn: this.cameraOn, camerasOn: this.camerasOn });
  }

  private askToPlay(): void {
    const hint = el("p", {}, this.say("in.play_hint"));
    const play = button(this.say("in.play"), () => {
      card.remove();
      void this.sound.play();
    }, "btn btn-primary", "volume");
    const card = el("div", { class: "alert alert-info", role: "alert" }, hint, play);
    this.content.prepend(card);
    play.focus();
  }

  private showWaiting(words: string): void {
    this.tell(words);
    this.content.replaceChildren(
      el("div", { class: "card" }, el("div", { class: "card-body room-waiting" }, el("div", { class: "spinner-border", "aria-hidden": "true" }), button(this.say("wait.stop"), () => this.line.leave()))),
    );
  }

  private cut(seconds: number): void {
    this.wasCut = this.wasCut || this.begun;
    this.sound.forget();
    this.tell(this.say("wait.cut", { seconds }));
  }

  private over(ending: Ending): void {
    window.removeEventListener("online", this.hurry);
    window.removeEventListener("pagehide", this.bye);
    this.stage.end();
    this.sound.end();
    this.entrance.mic?.getTracks().forEach((track) => track.stop());
    this.tell(this.say(ending.text));
    const { say, config } = this;
    const again = button(say("ended.again"), this.door, "btn btn-primary");
    const home = config.home_url ? el("a", { class: "btn", href: config.home_url }, say("ended.home")) : null;
    const actions = el("div", { class: "btn-list" }, again, home);
    const body = el("div", { class: "card-body" }, el("h2", { class: "card-title" }, say("ended.title")), el("p", {}, say(ending.text)), actions);
    this.content.replaceChildren(el("section", { class: "card" }, body));
    again.focus();
  }
}
