import { describe, expect, it } from "vitest";
import { type Asset, assetOf, leftToFind, normalCode, rooms, type Sighting } from "../src/stocktake/sheet";
import type { Store } from "../src/stocktake/store";
import { send } from "../src/stocktake/sync";

const asset = (id: number, fields: Partial<Asset> = {}): Asset => ({
  id, name: `E-${id}`, tag: "", serial: "", kind: "Écran", model: "", room: "", ...fields,
});
const SHEET = [
  asset(1, { tag: "RIV-1", room: "B 204" }),
  asset(2, { serial: "5CD123", room: "B 204" }),
  asset(3, { serial: "5CD999" }),
  asset(4, { serial: "5CD999" }),
];

describe("what a code names", () => {
  it.each([
    ["https://parvis.example/parc/materiel/2/", 2],
    ["HTTPS://PARVIS.EXAMPLE/PARC/MATERIEL/2/", 2],
    ["riv-1\r\n", 1],
    ["5cd123", 2],
    ["S5CD123", 2],
    ["E-4", 4],
    ["5CD999", undefined],
    ["https://parvis.example/parc/materiel/99/", undefined],
    ["", undefined],
  ])("%j", (code, id) => expect(assetOf(SHEET, code)?.id).toBe(id));

  it("drops what scanners add", () => expect(normalCode("\u0002A-1\u0003\n")).toBe("A-1"));
});

it("tells how far each room is", () => {
  expect(rooms(SHEET, new Set([1]))).toEqual([
    { name: "B 204", seen: 1, expected: 2 },
    { name: "", seen: 0, expected: 2 },
  ]);
  expect(leftToFind(SHEET, new Set([1]), "b 204").map((each) => each.id)).toEqual([2]);
});

function memory(count: number): Store & { queue: Sighting[] } {
  const queue: Sighting[] = Array.from({ length: count }, (_, n) => ({
    id: `id-${n}`, stocktake: 7, code: `C${n}`, asset: null, room: "", at: "2026-11-22T10:00:00Z",
  }));
  return {
    queue,
    sheet: async () => undefined,
    keepSheet: async () => undefined,
    forget: async () => undefined,
    add: async (sighting) => void queue.push(sighting),
    unsent: async () => [...queue],
    sent: async (ids) => void ids.forEach((id) => queue.splice(queue.findIndex((each) => each.id === id), 1)),
  };
}

const answering = (status: number, body: unknown) => (async () => new Response(JSON.stringify(body), { status })) as typeof fetch;

describe("sending", () => {
  it("goes on until nothing is left, in batches", async () => {
    const store = memory(450);
    const sizes: number[] = [];
    const portal = (async (_url: string, options: RequestInit) => {
      const { sightings } = JSON.parse(options.body as string) as { sightings: { id: string }[] };
      sizes.push(sightings.length);
      return new Response(JSON.stringify({ noted: Object.fromEntries(sightings.map(({ id }) => [id, null])) }));
    }) as typeof fetch;
    const answer = await send(store, 7, "/x", "token", portal);
    expect(answer.kind).toBe("sent");
    expect(sizes).toEqual([200, 200, 50]);
    expect(store.queue).toHaveLength(0);
  });

  it.each([
    ["offline", (async () => { throw new TypeError("no network"); }) as typeof fetch],
    ["offline", answering(502, {})],
    ["signed_out", answering(403, {})],
    ["refused", answering(409, { title: "Le comptage est terminé." })],
    ["refused", (async () => new Response("<html>")) as typeof fetch],
  ])("keeps everything when the answer is %s", async (kind, portal) => {
    const store = memory(3);
    expect((await send(store, 7, "/x", "token", portal)).kind).toBe(kind);
    expect(store.queue).toHaveLength(3);
  });
});
