/** What the phone took along, and which asset a code names: the same rules as `parc/scanning.py`. No I/O here. */

export interface Asset {
  id: number;
  name: string;
  tag: string;
  serial: string;
  kind: string;
  model: string;
  room: string;
}

export interface Sighting {
  /** A UUID made here: the same sighting sent twice is noted once. */
  id: string;
  stocktake: number;
  code: string;
  asset: number | null;
  room: string;
  /** ISO 8601, with the offset. */
  at: string;
}

const ADDRESS = /^(?:https?:\/\/[^/\s]+)?\/?(?:\S*\/)?parc\/materiel\/(\d{1,15})\/?$/i;

/** Without the control characters scanners add, at most 200 long. */
export function normalCode(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, "").trim().slice(0, 200);
}

/** The asset of the sheet that the code names; undefined: none, or several (the portal will say). */
export function assetOf(assets: readonly Asset[], text: string): Asset | undefined {
  const code = normalCode(text).toLowerCase();
  if (!code) return undefined;
  const address = ADDRESS.exec(code);
  if (address) return assets.find((asset) => asset.id === Number(address[1]));
  for (const key of ["tag", "serial", "name"] as const) {
    const found = assets.filter((asset) => asset[key].toLowerCase() === code);
    if (found.length) return found.length === 1 ? found[0] : undefined;
  }
  // HP and others print the serial with an S before it that the machine itself does not tell.
  const found = code.startsWith("s") ? assets.filter((asset) => asset.serial.toLowerCase() === code.slice(1)) : [];
  return found.length === 1 ? found[0] : undefined;
}

export interface Room {
  name: string;
  seen: number;
  expected: number;
}

/** How far each room is, in the order of the sheet. */
export function rooms(assets: readonly Asset[], seen: ReadonlySet<number>): Room[] {
  const byName = new Map<string, Room>();
  for (const asset of assets) {
    const room = byName.get(asset.room) ?? { name: asset.room, seen: 0, expected: 0 };
    room.expected += 1;
    if (seen.has(asset.id)) room.seen += 1;
    byName.set(asset.room, room);
  }
  return [...byName.values()];
}

/** What is left to find: of one room, or everywhere (empty name). */
export function leftToFind(assets: readonly Asset[], seen: ReadonlySet<number>, room: string): Asset[] {
  const wanted = room.toLowerCase();
  return assets.filter((asset) => !seen.has(asset.id) && (!wanted || asset.room.toLowerCase() === wanted));
}
