/** What stays on the phone between two visits: sheets and unsent sightings (IndexedDB). */
import type { Asset, Sighting } from "./sheet";

export interface Kept {
  stocktake: number;
  assets: Asset[];
  seen: number[];
}

export interface Store {
  sheet(stocktake: number): Promise<Kept | undefined>;
  keepSheet(kept: Kept): Promise<void>;
  unsent(stocktake: number): Promise<Sighting[]>;
  add(sighting: Sighting): Promise<void>;
  sent(ids: readonly string[]): Promise<void>;
  forget(stocktake: number): Promise<void>;
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function committed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

export async function openStore(name = "parvis-stocktake"): Promise<Store> {
  const opening = indexedDB.open(name, 1);
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore("sheets", { keyPath: "stocktake" });
    opening.result.createObjectStore("queue", { keyPath: "id" }).createIndex("stocktake", "stocktake");
  };
  const db = await done(opening);
  const write = async (store: string, change: (objects: IDBObjectStore) => void): Promise<void> => {
    // Strict: a sighting that was said to be kept survives the phone's battery.
    const transaction = db.transaction(store, "readwrite", { durability: "strict" });
    change(transaction.objectStore(store));
    await committed(transaction);
  };
  const unsent = (stocktake: number): Promise<Sighting[]> =>
    done(db.transaction("queue").objectStore("queue").index("stocktake").getAll(stocktake) as IDBRequest<Sighting[]>);
  return {
    sheet: (stocktake) =>
      done(db.transaction("sheets").objectStore("sheets").get(stocktake) as IDBRequest<Kept | undefined>),
    keepSheet: (kept) => write("sheets", (sheets) => void sheets.put(kept)),
    unsent,
    add: (sighting) => write("queue", (queue) => void queue.put(sighting)),
    sent: (ids) => write("queue", (queue) => ids.forEach((id) => void queue.delete(id))),
    forget: (stocktake) => write("sheets", (sheets) => void sheets.delete(stocktake)),
  };
}
