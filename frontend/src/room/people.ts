/** Who is there, who waits, who has the floor: drawn from the state; for hosts, what they may do. */
import { button, el, iconOf } from "./dom";
import type { Person } from "./messages";
import { inOrder, isHost, isSitting, type RoomState } from "./state";
import type { Say, TextKey } from "./texts";

export type Act = (message: object) => void;
/** Asks before `message` is sent. */
export type Sure = (question: string, message: object) => void;

/** What is true of somebody, in words: colours and icons only repeat it. */
export function words(person: Person, state: RoomState, say: Say): string[] {
  const found: string[] = [];
  if (person.id === state.you) found.push(say("people.you"));
  if (person.role !== "speaker") found.push(say(`role.${person.role}`));
  if (person.via === "phone") found.push(say("people.phone"));
  if (state.talking.has(person.id)) found.push(say("people.talking"));
  else if (!person.sound) found.push(say("people.no_sound"));
  else if (person.held) found.push(say("people.held"));
  else if (person.muted && person.role !== "listener") found.push(say("people.muted"));
  if (person.hand !== null) found.push(say("people.hand", { number: person.hand }));
  if (person.camera) found.push(say("people.camera"));
  return found;
}

export function peopleRows(state: RoomState, say: Say, act: Act, sure: Sure): HTMLElement[] {
  return inOrder(state).map((person) => {
    const talks = state.talking.has(person.id);
    const icon = talks ? "volume" : person.muted ? "microphone-off" : "microphone";
    return el(
      "li",
      { class: `room-person${talks ? " room-talks" : ""}`, "data-person": person.id },
      iconOf(person.via === "phone" ? "phone" : icon),
      el("span", { class: "room-who" }, el("strong", {}, person.name), el("small", {}, words(person, state, say).join(", "))),
      isHost(state) && person.id !== state.you ? hostMenu(person, state, say, act, sure) : null,
    );
  });
}

function hostMenu(person: Person, state: RoomState, say: Say, act: Act, sure: Sure): HTMLElement {
  const who = person.id;
  const item = (key: TextKey, send: () => void): HTMLButtonElement => {
    const made = button(say(key), send, "dropdown-item");
    made.dataset["key"] = `${who}:${key}`;
    made.setAttribute("aria-label", `${say(key)} : ${person.name}`);
    return made;
  };
  const items: HTMLElement[] = [];
  if (isSitting(state) && state.floor.who !== who) items.push(item("floor.give", () => act({ type: "floor_give", who })));
  if (!person.muted) items.push(item("host.mute", () => act({ type: "host_mute", who })));
  else if (person.role !== "listener") items.push(item("host.ask", () => act({ type: "host_ask_unmute", who })));
  if (person.hand !== null) items.push(item("host.lower", () => act({ type: "host_lower", who })));
  if (person.via === "browser") items.push(...roles(person, item, act));
  items.push(item("host.kick", () => sure(say("host.kick_sure", { name: person.name }), { type: "host_kick", who })));
  const label = say("people.actions", { name: person.name });
  return el(
    "details",
    { class: "room-menu", "data-key": `menu:${who}` },
    el("summary", { class: "btn btn-icon", "aria-label": label, "data-key": `open:${who}` }, iconOf("dots-vertical")),
    el("div", { class: "room-menu-items" }, ...items),
  );
}

function roles(person: Person, item: (key: TextKey, send: () => void) => HTMLElement, act: Act): HTMLElement[] {
  const become = (role: string) => () => act({ type: "host_role", who: person.id, role });
  if (person.role === "host") return [item("host.uncohost", become("speaker"))];
  if (person.role === "listener") return [item("host.speaker", become("speaker")), item("host.cohost", become("host"))];
  return [item("host.cohost", become("host")), item("host.listener", become("listener"))];
}

/** Who waits to be let in; empty when nobody does. */
export function lobbyRows(state: RoomState, say: Say, act: Act): HTMLElement[] {
  if (!isHost(state) || !state.lobby.length) return [];
  const rows = state.lobby.map((each) => {
    const admit = button(say("lobby.admit"), () => act({ type: "host_admit", who: each.id }), "btn btn-primary");
    const refuse = button(say("lobby.refuse"), () => act({ type: "host_refuse", who: each.id }));
    admit.dataset["key"] = `admit:${each.id}`;
    refuse.dataset["key"] = `refuse:${each.id}`;
    for (const made of [admit, refuse]) made.setAttribute("aria-label", `${made.textContent} : ${each.name}`);
    return el("li", { class: "room-person" }, el("strong", { class: "room-who" }, each.name), admit, refuse);
  });
  const all = button(say("lobby.admit_all"), () => act({ type: "host_admit", who: "all" }));
  all.dataset["key"] = "admit:all";
  return [
    el("h2", { class: "room-heading" }, say("lobby.title", { count: state.lobby.length })),
    el("ul", { class: "room-list" }, ...rows),
    ...(state.lobby.length > 1 ? [all] : []),
  ];
}

/** The floor and the speaking list of a sitting. */
export function floorRows(state: RoomState, say: Say, act: Act): HTMLElement[] {
  if (!isSitting(state)) return [];
  const { who, list } = state.floor;
  const holder = who === null ? null : state.people.get(who);
  const now = who === null ? say("floor.nobody") : who === state.you ? say("floor.yours") : say("floor.has", { name: holder?.name ?? "" });
  const host = isHost(state);
  const rows = list.map((asked, rank) => {
    const give = button(say("floor.give"), () => act({ type: "floor_give", who: asked.id }), "btn btn-primary");
    give.dataset["key"] = `give:${asked.id}`;
    give.setAttribute("aria-label", `${say("floor.give")} : ${asked.name}`);
    const earlier = button(say("floor.earlier"), () => act({ type: "floor_move", who: asked.id, rank: rank - 1 }));
    earlier.dataset["key"] = `earlier:${asked.id}`;
    earlier.setAttribute("aria-label", `${say("floor.earlier")} : ${asked.name}`);
    const name = el("span", { class: "room-who" }, el("strong", {}, `${rank + 1}. ${asked.name}`));
    return el("li", { class: "room-person" }, name, ...(host ? [give, ...(rank ? [earlier] : [])] : []));
  });
  const own = list.findIndex((asked) => asked.id === state.you);
  const take = button(say("floor.take"), () => act({ type: "floor_take" }));
  take.dataset["key"] = "take";
  return [
    el("h2", { class: "room-heading" }, say("floor.title")),
    el("p", { class: "room-floor" }, el("strong", {}, now)),
    ...(host && who !== null ? [take] : []),
    ...(own >= 0 ? [el("p", {}, say("floor.your_rank", { number: own + 1 }))] : []),
    el("h3", { class: "room-heading" }, say("floor.list")),
    rows.length ? el("ol", { class: "room-list" }, ...rows) : el("p", { class: "text-secondary" }, say("floor.empty")),
  ];
}
