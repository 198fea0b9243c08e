/** Sending what was seen: in batches, as often as it takes, each sighting once. */
import type { Sighting } from "./sheet";
import type { Store } from "./store";

export type Answer =
  /** Everything is on the portal. `named`: what it recognised, by sighting. */
  | { kind: "sent"; named: Map<string, { id: number; name: string } | null> }
  | { kind: "offline" }
  /** The sign-in is over: what was seen stays here until the next one. */
  | { kind: "signed_out" }
  /** The portal refuses (the count is over…): what it says. */
  | { kind: "refused"; words: string };

const BATCH = 200;

export async function send(
  store: Store,
  stocktake: number,
  url: string,
  csrf: string,
  fetcher: typeof fetch = fetch,
): Promise<Answer> {
  const named = new Map<string, { id: number; name: string } | null>();
  for (;;) {
    const batch = (await store.unsent(stocktake)).slice(0, BATCH);
    if (!batch.length) return { kind: "sent", named };
    let response: Response;
    try {
      response = await fetcher(url, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": csrf },
        body: JSON.stringify({ sightings: batch.map(toWire) }),
        redirect: "manual",
      });
    } catch {
      return { kind: "offline" };
    }
    if (response.type === "opaqueredirect" || response.status === 401 || response.status === 403) {
      return { kind: "signed_out" };
    }
    if (response.status >= 500) return { kind: "offline" };
    const body = (await response.json().catch(() => undefined)) as
      | { noted?: Record<string, { id: number; name: string } | null>; title?: string; advice?: string }
      | undefined;
    if (!response.ok || !body?.noted) {
      return { kind: "refused", words: [body?.title, body?.advice].filter(Boolean).join(" ") };
    }
    for (const [id, asset] of Object.entries(body.noted)) named.set(id, asset);
    await store.sent(batch.map((sighting) => sighting.id));
  }
}

function toWire({ id, code, asset, room, at }: Sighting): Omit<Sighting, "stocktake"> {
  return { id, code, asset, room, at };
}
