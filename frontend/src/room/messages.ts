/** What the voice server says (docs/reference/voice-protocol.md, section 2), read without trust. */

export type Role = "host" | "speaker" | "listener";

export interface Room {
  readonly key: string;
  readonly title: string;
  readonly mode: "meeting" | "sitting";
  readonly has_lobby: boolean;
  readonly locked: boolean;
  readonly cameras: boolean;
  readonly listeners: number;
}

export interface Person {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly via: "browser" | "phone";
  readonly muted: boolean;
  readonly held: boolean;
  readonly hand: number | null;
  readonly camera: boolean;
  readonly sound: boolean;
}

export interface Waiting {
  readonly id: string;
  readonly name: string;
  readonly via: string;
}

export interface Asked {
  readonly id: string;
  readonly name: string;
}

export type Leg = "audio" | "camera" | "cameras";

export type Message =
  | { type: "welcome"; stay: string; you: string; state: "lobby" | "in"; room: Room; ice_servers: RTCIceServer[] }
  | { type: "admitted"; room: Room; people: Person[] }
  | { type: "lobby"; people: Waiting[] }
  | { type: "person"; person: Person }
  | { type: "gone"; id: string; reason: string }
  | { type: "talking"; ids: string[] }
  | { type: "room"; room: Room }
  | { type: "audio_answer" | "camera_answer"; sdp: string }
  | { type: "cameras_offer"; sdp: string; who: Record<string, string> }
  | { type: "candidate"; leg: Leg; candidate: RTCIceCandidateInit | null }
  | { type: "media"; leg: Leg; up: boolean }
  | { type: "muted"; by: string }
  | { type: "unmute_asked"; by: string }
  | { type: "chat"; from: string; name: string; text: string; at: string }
  | { type: "floor"; who: string | null; list: Asked[] }
  | { type: "ends_soon" }
  | { type: "pong"; t: number }
  | { type: "error"; code: string; of: string };

type Fields = Record<string, unknown>;
const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === "string";
const isPeople = (value: unknown): boolean => Array.isArray(value) && value.every((each) => isFields(each) && isText(each["id"]) && isText(each["name"]));
const isRoom = (value: unknown): boolean => isFields(value) && isText(value["title"]);
const orNull = (test: (value: unknown) => boolean) => (value: unknown): boolean => value === null || test(value);
const isFlag = (value: unknown): boolean => typeof value === "boolean";

/** What each message must have; what it has besides is for a newer page. */
const SHAPES: Record<Message["type"], Record<string, (value: unknown) => boolean>> = {
  welcome: { stay: isText, you: isText, state: isText, room: isRoom, ice_servers: Array.isArray },
  admitted: { room: isRoom, people: isPeople },
  lobby: { people: isPeople },
  person: { person: (value) => isPeople([value]) },
  gone: { id: isText, reason: isText },
  talking: { ids: (value) => Array.isArray(value) && value.every(isText) },
  room: { room: isRoom },
  audio_answer: { sdp: isText },
  camera_answer: { sdp: isText },
  cameras_offer: { sdp: isText, who: isFields },
  candidate: { leg: isText, candidate: orNull(isFields) },
  media: { leg: isText, up: isFlag },
  muted: { by: isText },
  unmute_asked: { by: isText },
  chat: { from: isText, name: isText, text: isText, at: isText },
  floor: { who: orNull(isText), list: isPeople },
  ends_soon: {},
  pong: {},
  error: { code: isText },
};

/** The message, or null when it is none this page knows. */
export function readMessage(data: unknown): Message | null {
  if (!isText(data) || data.length > 1_000_000) return null;
  let found: unknown;
  try {
    found = JSON.parse(data);
  } catch {
    return null;
  }
  if (!isFields(found) || !isText(found["type"]) || !Object.hasOwn(SHAPES, found["type"])) return null;
  const shape = SHAPES[found["type"] as Message["type"]];
  const fields = found;
  return Object.entries(shape).every(([name, test]) => test(fields[name])) ? (fields as unknown as Message) : null;
}
