/** Inside the room: draws the state and turns what people do into messages. */
import type { RoomConfig } from "./config";
import { ask, button, el, iconOf, redraw } from "./dom";
import { floorRows, lobbyRows, peopleRows } from "./people";
import { isHost, isSitting, maySpeak, me, type RoomState } from "./state";
import type { Say, TextKey } from "./texts";

export interface Deeds {
  send(message: object): void;
  toggleMic(): void;
  toggleCamera(): void;
  toggleCameras(): void;
  playSound(): void;
  leave(): void;
}

export interface Own {
  readonly micOpen: boolean;
  readonly cameraOn: boolean;
  readonly camerasOn: boolean;
}

export class Stage {
  readonly root: HTMLElement;
  private readonly people = el("ul", { class: "room-list", id: "room-people" });
  private readonly peopleTitle = el("h2", { class: "room-heading", id: "people-title" });
  private readonly listeners = el("p", { class: "text-secondary" });
  private readonly lobby = el("section", { class: "room-lobby" });
  private readonly floor = el("section", { class: "room-speaking" });
  private readonly cameras = el("div", { class: "room-cameras", hidden: true });
  private readonly bar: HTMLElement;
  private readonly hosting = el("section", { class: "room-hosting" });
  private readonly log = el("ol", { class: "room-chat-log", tabindex: 0 });
  private readonly chat = el("section", { class: "room-chat", hidden: true, id: "room-chat" });
  private readonly field = el("input", { class: "form-control", id: "chat-field", maxlength: 1000, autocomplete: "off" });
  private unread = 0;
  private written = 0;
  private state: RoomState | null = null;
  private own: Own = { micOpen: false, cameraOn: false, camerasOn: false };

  constructor(
    private readonly config: RoomConfig,
    private readonly say: Say,
    private readonly deeds: Deeds,
  ) {
    this.bar = el("div", { class: "room-bar btn-list", role: "toolbar", "aria-label": say("bar.label") });
    this.log.setAttribute("aria-label", say("chat.title"));
    this.chat.append(...this.chatParts());
    const shortcuts = config.listens ? null : el("p", { class: "text-secondary room-shortcuts" }, say("bar.shortcuts"));
    const main = el("div", { class: "room-main" }, this.lobby, this.floor, this.cameras, this.peopleTitle, this.people, this.listeners, this.hosting);
    this.root = el("div", { class: "room-stage" }, this.bar, shortcuts, el("div", { class: "room-columns" }, main, this.chat));
    document.addEventListener("keydown", this.shortcut);
  }

  end(): void {
    document.removeEventListener("keydown", this.shortcut);
  }

  draw(state: RoomState, own: Own): void {
    this.state = state;
    this.own = own;
    const { say } = this;
    redraw(this.lobby, lobbyRows(state, say, this.deeds.send));
    redraw(this.floor, floorRows(state, say, this.deeds.send));
    const sure = (question: string, message: object): void => void this.sure(question, message);
    if (!this.config.is_public) {
      this.peopleTitle.textContent = say("people.title", { count: state.people.size });
      redraw(this.people, peopleRows(state, say, this.deeds.send, sure));
    }
    this.peopleTitle.hidden = this.people.hidden = this.config.is_public;
    const listening = state.room?.listeners ?? 0;
    const alone = state.people.size <= 1 && !this.config.is_public;
    this.listeners.textContent = [alone ? say("in.alone") : "", listening ? say("people.listeners", { count: listening }) : ""].join(" ").trim();
    redraw(this.hosting, this.hostParts(state));
    this.drawChat(state);
    redraw(this.bar, this.barParts(state));
  }

  showCameras(streams: ReadonlyMap<string, MediaStream>, mine: MediaStream | null): void {
    const all: [string, MediaStream, boolean][] = [...streams].map(([id, stream]) => [this.state?.people.get(id)?.name ?? "", stream, false]);
    if (mine) all.unshift([this.say("people.you"), mine, true]);
    const figures = all.map(([name, stream, own]) => {
      const video = el("video", { class: own ? "room-mirror" : "", playsinline: true, "aria-label": name });
      video.muted = true;
      video.autoplay = true;
      video.srcObject = stream;
      return el("figure", {}, video, el("figcaption", {}, name));
    });
    this.cameras.replaceChildren(...figures);
    this.cameras.hidden = figures.length === 0;
  }

  private barParts(state: RoomState): HTMLElement[] {
    const { say, deeds, own } = this;
    const self = me(state);
    const parts: HTMLElement[] = [];
    const add = (key: string, label: TextKey, icon: string, act: () => void, css = "btn", pressed?: boolean): HTMLButtonElement => {
      const made = button(say(label), act, css, icon);
      made.dataset["key"] = key;
      if (pressed !== undefined) made.setAttribute("aria-pressed", String(pressed));
      parts.push(made);
      return made;
    };
    if (!this.config.is_public && self && self.role !== "listener") {
      const able = maySpeak(state);
      const mic = add("mic", own.micOpen ? "bar.mic_close" : "bar.mic_open", own.micOpen ? "microphone" : "microphone-off", deeds.toggleMic, own.micOpen ? "btn btn-primary" : "btn");
      if (!able && !own.micOpen) mic.setAttribute("aria-disabled", "true");
      const up = (self?.hand ?? null) !== null || state.floor.list.some((each) => each.id === state.you);
      const sitting = isSitting(state);
      const label: TextKey = sitting ? (up ? "bar.floor_withdraw" : "bar.floor_ask") : up ? "bar.hand_down" : "bar.hand_up";
      add("hand", label, "hand-stop", () => deeds.send({ type: "hand", up: !up }), up ? "btn btn-primary" : "btn");
      if (state.room?.cameras) {
        add("camera", own.cameraOn ? "bar.camera_off" : "bar.camera_on", own.cameraOn ? "video" : "video-off", deeds.toggleCamera);
      }
    }
    if (state.room?.cameras && !this.config.is_public && [...state.people.values()].some((each) => each.camera && each.id !== state.you)) {
      add("cameras", own.camerasOn ? "bar.cameras_off" : "bar.cameras_on", own.camerasOn ? "eye-off" : "eye", deeds.toggleCameras);
    }
    if (!this.config.is_public) {
      const chat = add("chat", "bar.chat", "message-circle", () => this.toggleChat(), "btn");
      chat.setAttribute("aria-expanded", String(!this.chat.hidden));
      chat.setAttribute("aria-controls", "room-chat");
      if (this.unread) chat.lastChild?.replaceWith(say("bar.chat_new", { count: this.unread }));
    }
    add("leave", "bar.leave", "logout", deeds.leave, "btn");
    return parts;
  }

  private hostParts(state: RoomState): HTMLElement[] {
    if (!isHost(state)) return [];
    const { say, deeds } = this;
    const locked = state.room?.locked ?? false;
    const cameras = state.room?.cameras ?? false;
    const parts = [
      button(say(locked ? "host.unlock" : "host.lock"), () => deeds.send({ type: "host_lock", on: !locked }), "btn", locked ? "lock-open" : "lock"),
      button(say("host.mute_all"), () => deeds.send({ type: "host_mute", who: "all" }), "btn", "microphone-off"),
      button(say(cameras ? "host.cameras_off" : "host.cameras_on"), () => deeds.send({ type: "host_cameras", on: !cameras }), "btn", "video"),
      button(say("host.end"), () => void this.sure(say("host.end_sure"), { type: "host_end" }), "btn", "player-stop"),
    ];
    parts.forEach((part, number) => (part.dataset["key"] = `host:${number}`));
    return [el("h2", { class: "room-heading" }, say("host.title")), el("div", { class: "btn-list" }, ...parts)];
  }

  private async sure(question: string, message: object): Promise<void> {
    if (await ask(question, this.say("host.yes"), this.say("host.no"))) this.deeds.send(message);
  }

  private chatParts(): HTMLElement[] {
    const { say } = this;
    const form = el("form", { class: "room-chat-form" });
    const listener = this.config.listens;
    form.append(
      el("label", { class: "visually-hidden", for: "chat-field" }, say("chat.field")),
      this.field,
      el("button", { class: "btn btn-primary", type: "submit" }, iconOf("send"), el("span", { class: "visually-hidden" }, say("chat.send"))),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = this.field.value.trim();
      if (!text) return;
      this.deeds.send({ type: "chat", text });
      this.field.value = "";
    });
    const note = el("p", { class: "text-secondary" }, say("chat.note"));
    return [el("h2", { class: "room-heading" }, say("chat.title")), this.log, ...(listener ? [] : [form]), note];
  }

  /** What was written and refused comes back into the field. */
  giveBack(text: string): void {
    if (!this.field.value) this.field.value = text;
  }

  private drawChat(state: RoomState): void {
    const { say } = this;
    const last = state.chat.at(-1);
    const seen = Number(this.log.dataset["seen"] ?? -1);
    const stamp = last ? state.chat.length + Date.parse(last.at) : 0;
    if (stamp === seen) return;
    this.log.dataset["seen"] = String(stamp);
    const added = state.chat.length >= this.written ? state.chat.slice(this.written) : state.chat;
    this.written = state.chat.length;
    if (this.chat.hidden) this.unread += added.filter((each) => each.from !== state.you).length || 0;
    this.log.replaceChildren(
      ...(state.chat.length ? [] : [el("li", { class: "text-secondary" }, say("chat.empty"))]),
      ...state.chat.map((each) => {
        const time = new Date(each.at).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
        return el("li", {}, el("strong", {}, each.name), " ", el("small", { class: "text-secondary" }, time), el("p", {}, each.text));
      }),
    );
    this.log.scrollTop = this.log.scrollHeight;
  }

  private toggleChat(): void {
    this.chat.hidden = !this.chat.hidden;
    this.unread = 0;
    if (this.state) this.draw(this.state, this.own);
    if (!this.chat.hidden) {
      this.log.scrollTop = this.log.scrollHeight;
      if (!this.config.listens) this.field.focus();
    }
  }

  private readonly shortcut = (event: KeyboardEvent): void => {
    const at = event.target as HTMLElement;
    if (event.ctrlKey || event.altKey || event.metaKey || at.closest("input, select, textarea, dialog")) return;
    const key = { m: "mic", l: "hand", c: "chat" }[event.key.toLowerCase()];
    if (!key) return;
    const target = this.bar.querySelector<HTMLButtonElement>(`[data-key="${key}"]`);
    if (target) {
      event.preventDefault();
      target.click();
    }
  };
}
