import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { endingOf, refusalOf } from "../src/room/endings";
import { type Listener, openLine, type Surroundings } from "../src/room/line";
import { type Message, type Person, readMessage, type Room } from "../src/room/messages";
import { levelOf } from "../src/room/sound";
import { CHAT_KEPT, EMPTY, inOrder, maySpeak, reduce, type RoomState } from "../src/room/state";
import checkTexts from "../src/soundcheck/texts.json";
import roomTexts from "../src/room/texts.json";
import { networkOf, verdict } from "../src/soundcheck/verdict";

const ROOM: Room = { key: "k", title: "Point", mode: "meeting", has_lobby: false, locked: false, cameras: true, listeners: 0 };
const person = (id: string, more: Partial<Person> = {}): Person => ({
  id, name: id.toUpperCase(), role: "speaker", via: "browser", muted: true, held: false, hand: null, camera: false, sound: true, ...more,
});
const inside = (people: Person[], more: Partial<RoomState> = {}): RoomState => ({
  ...EMPTY, you: "me", room: ROOM, inside: true, people: new Map([person("me"), ...people].map((each) => [each.id, each])), ...more,
});
const follow = (state: RoomState, ...messages: Message[]): RoomState => messages.reduce((found, each) => reduce(found, each).state, state);

test("what the server says is read without trust", () => {
  expect(readMessage('{"type":"pong","t":3}')).toEqual({ type: "pong", t: 3 });
  const hostile = [
    "", "null", "[]", "{", '{"type":"constructor"}', '{"type":"person"}', '{"type":"person","person":{"id":1,"name":"x"}}',
    '{"type":"talking","ids":[1]}', '{"type":"chat","from":"a","name":"b","text":{"x":1},"at":"c"}', '{"type":"candidate","leg":"audio","candidate":"x"}',
    `{"type":"gone","id":"${"x".repeat(1_000_001)}","reason":""}`,
  ];
  for (const data of [...hostile, new ArrayBuffer(3), undefined]) expect(readMessage(data)).toBeNull();
});

test("people come, raise a hand, leave: each is told once, the crowd is not", () => {
  const came = reduce(inside([]), { type: "person", person: person("anne") });
  expect(came.said).toEqual([{ key: "people.came", values: { name: "ANNE" } }]);
  const again = reduce(came.state, { type: "person", person: person("anne", { muted: false }) });
  expect(again.said).toEqual([]);
  expect(reduce(again.state, { type: "gone", id: "anne", reason: "lost" }).said[0]?.key).toBe("people.lost");
  expect(reduce(again.state, { type: "gone", id: "nobody", reason: "left" }).said).toEqual([]);
  const crowd = inside(Array.from({ length: 20 }, (_, number) => person(`p${number}`)));
  expect(reduce(crowd, { type: "person", person: person("late") }).said).toEqual([]);
});

test("hosts hear of hands and of who waits; others do not", () => {
  const host = inside([person("anne")], { people: new Map([person("me", { role: "host" }), person("anne")].map((each) => [each.id, each])) });
  expect(reduce(host, { type: "person", person: person("anne", { hand: 1 }) }).said[0]?.key).toBe("people.raised");
  expect(reduce(inside([person("anne")]), { type: "person", person: person("anne", { hand: 1 }) }).said).toEqual([]);
  const waiting: Message = { type: "lobby", people: [{ id: "x", name: "Xavier", via: "phone" }] };
  const knocked = reduce(host, waiting);
  expect(knocked.said).toEqual([{ key: "lobby.knock", values: { name: "Xavier" } }]);
  expect(reduce(knocked.state, waiting).said).toEqual([]);
});

test("in a sitting only who has the floor may open the microphone, and hosts", () => {
  const sitting = inside([], { room: { ...ROOM, mode: "sitting" } });
  expect(maySpeak(inside([]))).toBe(true);
  expect(maySpeak(sitting)).toBe(false);
  const given = reduce(sitting, { type: "floor", who: "me", list: [] });
  expect(given.said).toEqual([{ key: "floor.yours" }]);
  expect(maySpeak(given.state)).toBe(true);
  expect(maySpeak(follow(inside([]), { type: "person", person: person("me", { held: true }) }))).toBe(false);
  expect(maySpeak(follow(inside([]), { type: "person", person: person("me", { role: "listener" }) }))).toBe(false);
  expect(maySpeak(follow(sitting, { type: "person", person: person("me", { role: "host" }) }))).toBe(true);
});

test("the order: oneself, hosts, hands in their turn, the others by name", () => {
  const state = inside([person("zoe"), person("bob"), person("two", { hand: 2 }), person("one", { hand: 1 }), person("chair", { role: "host" })]);
  expect(inOrder(state).map((each) => each.id)).toEqual(["me", "chair", "one", "two", "bob", "zoe"]);
});

test("what was written stays through a cut, the rest is told anew; a long talk does not fill the memory", () => {
  const note: Message = { type: "chat", from: "anne", name: "Anne", text: "oui", at: "2026-11-23T09:00:00Z" };
  let state = follow(inside([person("anne")]), ...Array.from({ length: CHAT_KEPT + 5 }, () => note));
  expect(state.chat).toHaveLength(CHAT_KEPT);
  state = follow(state, { type: "welcome", stay: "s", you: "me2", state: "in", room: ROOM, ice_servers: [] });
  expect(state.chat).toHaveLength(CHAT_KEPT);
  expect(state.people.size).toBe(0);
  expect(state.you).toBe("me2");
});

test("why one is out, and whether the page comes back by itself", () => {
  expect([1001, 4012, 4014, 1006].map((code) => endingOf(code).then)).toEqual(["again", "again", "again", "again"]);
  expect([1000, 4003, 4008, 4009, 4011, 4013].map((code) => endingOf(code).then)).toEqual(Array(6).fill("over"));
  expect(endingOf(4001).then).toBe("once");
  expect(refusalOf(403, "not_open_yet").then).toBe("wait");
  expect(refusalOf(403, "sent_away")).toEqual({ then: "over", text: "ended.sent_away" });
  expect(refusalOf(403, "constructor").text).toBe("ended.refused");
  expect(refusalOf(503, "").then).toBe("again");
});

class FakeSocket extends EventTarget {
  readyState = 1;
  sent: Record<string, unknown>[] = [];
  send(data: string): void {
    this.sent.push(JSON.parse(data) as Record<string, unknown>);
  }
  close(): void {
    this.readyState = 3;
  }
  say(message: object): void {
    this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(message) }));
  }
  cut(code: number): void {
    this.readyState = 3;
    this.dispatchEvent(Object.assign(new Event("close"), { code }));
  }
}

/** A scripted voice server: the page's line, its sockets, its clock. */
function script(tickets: ({ ticket: string } | { status: number; code: string })[]) {
  vi.stubGlobal("WebSocket", { OPEN: 1 });
  const sockets: FakeSocket[] = [];
  const timers = new Map<number, { action: () => void; at: number }>();
  let now = 0;
  let number = 0;
  const happened: string[] = [];
  const around: Surroundings = {
    ticket: () => Promise.resolve(tickets.length > 1 ? tickets.shift()! : tickets[0]!),
    socket: () => {
      sockets.push(new FakeSocket());
      return sockets.at(-1) as unknown as WebSocket;
    },
    now: () => now,
    later: (action, seconds) => {
      timers.set(++number, { action, at: now + seconds * 1000 });
      return number;
    },
    forget: (timer) => void timers.delete(timer),
  };
  const listener: Listener = {
    message: (message) => happened.push(message.type),
    cut: (seconds) => happened.push(`cut ${seconds}`),
    waiting: (ending) => happened.push(ending.text),
    over: (ending) => happened.push(ending.text),
  };
  const line = openLine(around, listener);
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
  };
  const pass = async (seconds: number): Promise<void> => {
    const until = now + seconds * 1000;
    for (;;) {
      const next = [...timers].filter(([, each]) => each.at <= until).sort((one, other) => one[1].at - other[1].at)[0];
      if (!next) break;
      timers.delete(next[0]);
      now = next[1].at;
      next[1].action();
      await settle();
    }
    now = until;
  };
  return { line, sockets, happened, pass, settle, timers };
}

const WELCOME = { type: "welcome", stay: "s1", you: "1", state: "in", room: ROOM, ice_servers: [] };

test("the ticket goes in the first message, and a new one after each cut", async () => {
  const { sockets, happened, pass, settle } = script([{ ticket: "one" }, { ticket: "two" }]);
  await settle();
  sockets[0]!.dispatchEvent(new Event("open"));
  expect(sockets[0]!.sent).toEqual([{ type: "hello", ticket: "one", stay: null }]);
  sockets[0]!.say(WELCOME);
  sockets[0]!.cut(1006);
  expect(happened).toEqual(["welcome", "cut 1"]);
  await pass(1);
  sockets[1]!.dispatchEvent(new Event("open"));
  expect(sockets[1]!.sent).toEqual([{ type: "hello", ticket: "two", stay: "s1" }]);
  sockets[0]!.say({ type: "pong", t: 1 });
  expect(happened).toEqual(["welcome", "cut 1"]);
});

test("a line that is silent is dead, whatever the browser believes", async () => {
  const { sockets, happened, pass, settle } = script([{ ticket: "one" }]);
  await settle();
  sockets[0]!.say(WELCOME);
  await pass(29);
  expect(sockets[0]!.sent.map((each) => each["type"])).toEqual(["ping", "ping"]);
  expect(happened).toEqual(["welcome"]);
  await pass(1);
  expect(happened).toEqual(["welcome", "cut 1"]);
});

test("a room that is not open yet is tried again by itself; one that is over is not", async () => {
  const { sockets, happened, pass, settle, timers } = script([{ status: 403, code: "not_open_yet" }, { ticket: "one" }]);
  await settle();
  expect(happened).toEqual(["wait.opens"]);
  await pass(15);
  expect(sockets).toHaveLength(1);
  sockets[0]!.cut(4008);
  expect(happened).toEqual(["wait.opens", "ended.ended_by_host"]);
  expect(timers.size).toBe(0);
});

test("a refused ticket is asked for once more, not for ever; a dead portal for five minutes", async () => {
  const refused = script([{ ticket: "one" }]);
  await refused.settle();
  refused.sockets[0]!.cut(4001);
  await refused.pass(1);
  refused.sockets[1]!.cut(4001);
  expect(refused.happened).toEqual(["cut 1", "ended.refused"]);
  const dead = script([{ status: 0, code: "" }]);
  await dead.settle();
  await dead.pass(400);
  expect(dead.happened.at(-1)).toBe("ended.unreachable");
  expect(dead.timers.size).toBe(0);
});

test("who leaves is gone at once and does not come back", async () => {
  const { line, sockets, happened, pass, settle } = script([{ ticket: "one" }]);
  await settle();
  sockets[0]!.say(WELCOME);
  line.leave();
  expect(sockets[0]!.sent.at(-1)).toEqual({ type: "leave" });
  sockets[0]!.cut(1000);
  line.hurry();
  await pass(60);
  expect(happened).toEqual(["welcome", "ended.left"]);
  expect(line.send({ type: "hand", up: true })).toBe(false);
});

test("the level: silence is nothing, a voice is in between, loud is all", () => {
  expect(levelOf(new Uint8Array(64).fill(128))).toBe(0);
  const wave = (size: number) => Uint8Array.from({ length: 64 }, (_, at) => 128 + (at % 2 ? size : -size));
  expect(levelOf(wave(6))).toBeGreaterThan(0.3);
  expect(levelOf(wave(6))).toBeLessThan(0.8);
  expect(levelOf(wave(127))).toBeGreaterThan(0.95);
});

test("the self-test's verdict", () => {
  expect(verdict({ sound: "good", mic: "good", net: "good" })).toBe("verdict.ready");
  expect(verdict({ sound: "good", mic: "bad", net: "good" })).toBe("verdict.listen");
  expect(verdict({ sound: "bad", mic: "good", net: "good" })).toBe("verdict.phone");
  expect(verdict({ sound: "good", mic: "good", net: "bad" })).toBe("verdict.phone");
  expect(networkOf(50, [])).toEqual({ kind: "down" });
  expect(networkOf(50, Array(50).fill(30))).toEqual({ kind: "good", ms: 30 });
  expect(networkOf(50, Array(50).fill(400))).toEqual({ kind: "slow", ms: 400 });
  expect(networkOf(50, Array(40).fill(30))).toEqual({ kind: "lossy" });
  expect(networkOf(50, [...Array(45).fill(30), ...Array(5).fill(900)])).toEqual({ kind: "lossy" });
});

const folder = (name: string): string =>
  readdirSync(join(import.meta.dirname, "../src", name), { encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => readFileSync(join(import.meta.dirname, "../src", name, file), "utf8"))
    .join("\n");

test("every text is used, and typed as French is", () => {
  const check = folder("soundcheck") + readFileSync(join(import.meta.dirname, "../src/soundcheck.ts"), "utf8");
  const made = /^(ended|error|role|word|net)\./;
  for (const [texts, sources] of [[roomTexts, folder("room")], [checkTexts, check]] as const) {
    expect(Object.keys(texts).filter((key) => !made.test(key) && !sources.includes(`"${key}"`))).toEqual([]);
    for (const [key, text] of Object.entries(texts)) {
      expect(text, key).not.toMatch(/[^\u202f][?!;]/);
      expect(text, key).not.toMatch(/«(?!\u00a0)|(?<!\u00a0)»|'/);
    }
  }
});
