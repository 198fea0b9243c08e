/** What this page knows of the room: messages in, a new state and the words to announce out. Pure. */
import type { Asked, Message, Person, Room, Waiting } from "./messages";
import type { TextKey } from "./texts";

export interface Written {
  readonly from: string;
  readonly name: string;
  readonly text: string;
  readonly at: string;
}

export interface RoomState {
  readonly you: string;
  readonly room: Room | null;
  readonly inside: boolean;
  readonly people: ReadonlyMap<string, Person>;
  readonly lobby: readonly Waiting[];
  readonly talking: ReadonlySet<string>;
  readonly floor: { readonly who: string | null; readonly list: readonly Asked[] };
  readonly chat: readonly Written[];
}

export interface Said {
  readonly key: TextKey;
  readonly values?: Record<string, string | number>;
}

export interface Step {
  readonly state: RoomState;
  /** Announced to everybody, sighted or not, in this order. */
  readonly said: readonly Said[];
}

export const EMPTY: RoomState = {
  you: "",
  room: null,
  inside: false,
  people: new Map(),
  lobby: [],
  talking: new Set(),
  floor: { who: null, list: [] },
  chat: [],
};

/** Older messages are forgotten: a long meeting does not fill an old machine. */
export const CHAT_KEPT = 300;
/** Above this many, who comes and goes is no longer announced. */
export const ANNOUNCED_PEOPLE = 15;

export const me = (state: RoomState): Person | undefined => state.people.get(state.you);
export const isHost = (state: RoomState): boolean => me(state)?.role === "host";
export const isSitting = (state: RoomState): boolean => state.room?.mode === "sitting";

/** Whether one's own microphone may be opened now. */
export function maySpeak(state: RoomState): boolean {
  const self = me(state);
  if (!self || self.role === "listener" || self.held) return false;
  return self.role === "host" || !isSitting(state) || state.floor.who === state.you;
}

/** Hosts, then raised hands in their order, then the others by name; oneself first of all. */
export function inOrder(state: RoomState): Person[] {
  const rank = (person: Person): number =>
    person.id === state.you ? 0 : person.role === "host" ? 1 : person.hand !== null ? 2 : person.role === "speaker" ? 3 : 4;
  return [...state.people.values()].sort(
    (one, other) => rank(one) - rank(other) || (one.hand ?? 0) - (other.hand ?? 0) || one.name.localeCompare(other.name, "fr"),
  );
}

/** The state after a message. */
export function reduce(state: RoomState, message: Message): Step {
  switch (message.type) {
    case "welcome":
      // A new stay, or the same again after a cut: what was written stays, the rest is told anew.
      return step({ ...EMPTY, chat: state.chat, you: message.you, room: message.room });
    case "admitted":
      return step({ ...state, inside: true, room: message.room, people: new Map(message.people.map((each) => [each.id, each])) });
    case "lobby":
      return lobby(state, message.people);
    case "person":
      return person(state, message.person);
    case "gone":
      return gone(state, message.id, message.reason);
    case "talking":
      return step({ ...state, talking: new Set(message.ids) });
    case "room":
      return room(state, message.room);
    case "chat":
      return chat(state, message);
    case "floor":
      return floor(state, message.who, message.list);
    case "muted":
      return step(state, { key: message.by === "floor" ? "said.muted_floor" : "said.muted_host" });
    case "ends_soon":
      return step(state, { key: "said.ends_soon" });
    default:
      return step(state);
  }
}

function step(state: RoomState, ...said: Said[]): Step {
  return { state, said };
}

function lobby(state: RoomState, people: readonly Waiting[]): Step {
  const known = new Set(state.lobby.map((each) => each.id));
  const knocked = people.filter((each) => !known.has(each.id)).map((each): Said => ({ key: "lobby.knock", values: { name: each.name } }));
  return step({ ...state, lobby: people }, ...knocked);
}

function person(state: RoomState, found: Person): Step {
  const before = state.people.get(found.id);
  const next = { ...state, people: new Map(state.people).set(found.id, found) };
  if (found.id === state.you) return step(next);
  if (!before) return step(next, ...(next.people.size <= ANNOUNCED_PEOPLE ? [{ key: "people.came" as const, values: { name: found.name } }] : []));
  // In a sitting the list says it, to everybody.
  const raised = before.hand === null && found.hand !== null && isHost(state) && !isSitting(state);
  return step(next, ...(raised ? [{ key: "people.raised" as const, values: { name: found.name } }] : []));
}

function gone(state: RoomState, id: string, reason: string): Step {
  const left = state.people.get(id);
  if (!left) return step(state);
  const people = new Map(state.people);
  people.delete(id);
  const said: Said = { key: reason === "lost" ? "people.lost" : "people.left", values: { name: left.name } };
  return step({ ...state, people }, ...(people.size < ANNOUNCED_PEOPLE ? [said] : []));
}

function room(state: RoomState, found: Room): Step {
  const changed = state.room !== null && state.room.locked !== found.locked;
  return step({ ...state, room: found }, ...(changed ? [{ key: found.locked ? ("host.locked" as const) : ("host.unlocked" as const) }] : []));
}

function chat(state: RoomState, written: Written): Step {
  const { from, name, text, at } = written;
  const kept = [...state.chat, { from, name, text, at }].slice(-CHAT_KEPT);
  const said: Said[] = from === state.you ? [] : [{ key: "chat.said", values: { name, text } }];
  return step({ ...state, chat: kept }, ...said);
}

function floor(state: RoomState, who: string | null, list: readonly Asked[]): Step {
  const next = { ...state, floor: { who, list } };
  if (who === state.floor.who) return step(next);
  if (who === null) return step(next, { key: "floor.nobody" });
  if (who === state.you) return step(next, { key: "floor.yours" });
  return step(next, { key: "floor.has", values: { name: state.people.get(who)?.name ?? "" } });
}
