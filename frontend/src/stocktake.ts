/** Entry of the page that counts a site: works without network once opened. */
import "./styles/stocktake.css";
import { film } from "./stocktake/camera";
import { type Asset, assetOf, leftToFind, normalCode, rooms } from "./stocktake/sheet";
import { openStore, type Store } from "./stocktake/store";
import { send } from "./stocktake/sync";

const CACHE = "parvis-stocktake";
const page = document.querySelector<HTMLElement>("#count");
if (page) void start(page);

async function start(root: HTMLElement): Promise<void> {
  const stocktake = Number(root.dataset["stocktake"]);
  const text = (name: string): string => root.dataset[name] ?? "";
  const find = <T extends HTMLElement>(selector: string): T => root.querySelector<T>(selector) as T;
  const csrf = document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? "";
  const store: Store = await openStore();
  let assets: Asset[] = [];
  let seen = new Set<number>();
  let stopFilming: (() => void) | undefined;

  const roomField = find<HTMLInputElement>("#room");
  const codeField = find<HTMLInputElement>("#code");
  const said = find("#said");
  const link = find("#link");

  function draw(): void {
    const expected = new Set(assets.map((asset) => asset.id));
    const met = [...seen].filter((id) => expected.has(id)).length;
    find("#progress-words").textContent = text("progress").replace("%1", String(met)).replace("%2", String(assets.length));
    const bar = find("#progress");
    bar.setAttribute("max", String(Math.max(assets.length, 1)));
    bar.setAttribute("value", String(met));
    find("#rooms").replaceChildren(
      ...rooms(assets, seen)
        .filter((room) => room.name)
        .map((room) => Object.assign(document.createElement("option"), { value: room.name, label: `${room.seen}/${room.expected}` })),
    );
    const left = leftToFind(assets, seen, roomField.value.trim());
    find("#left-title").textContent = text("left").replace("%1", String(left.length));
    find("#left").replaceChildren(...left.slice(0, 100).map(row));
  }

  function row(asset: Asset): HTMLElement {
    const item = document.createElement("li");
    item.className = "list-group-item count-row";
    const words = document.createElement("div");
    const name = Object.assign(document.createElement("strong"), { textContent: asset.name });
    const more = [asset.kind, asset.model, asset.tag || asset.serial, asset.room].filter(Boolean).join(" · ");
    words.append(name, Object.assign(document.createElement("div"), { className: "text-secondary", textContent: more }));
    const button = Object.assign(document.createElement("button"), { type: "button", className: "btn", textContent: text("here") });
    button.setAttribute("aria-label", `${text("here")} : ${asset.name}`);
    button.addEventListener("click", () => void note("", asset));
    item.append(words, button);
    return item;
  }

  function say(words: string, good: boolean): void {
    said.textContent = words;
    said.className = `count-said ${good ? "text-success" : "text-warning"}`;
    navigator.vibrate?.(good ? 60 : [60, 60, 60]);
  }

  async function note(code: string, picked?: Asset): Promise<void> {
    const asset = picked ?? assetOf(assets, code);
    if (!asset && !normalCode(code)) return;
    const again = asset !== undefined && seen.has(asset.id);
    await store.add({
      id: crypto.randomUUID(),
      stocktake,
      code: normalCode(code),
      asset: picked ? picked.id : null,
      room: roomField.value.trim(),
      at: new Date().toISOString(),
    });
    if (asset) seen.add(asset.id);
    await keep();
    say(
      asset
        ? (again ? text("again") : text("seen")).replace("%1", asset.name)
        : text("unknown").replace("%1", normalCode(code)),
      asset !== undefined,
    );
    draw();
    await exchange();
  }

  const keep = (): Promise<void> => store.keepSheet({ stocktake, assets, seen: [...seen] });

  let exchanging: Promise<void> | undefined;
  function exchange(): Promise<void> {
    exchanging ??= sendAll().finally(() => (exchanging = undefined));
    return exchanging;
  }

  async function sendAll(): Promise<void> {
    const answer = await send(store, stocktake, text("sendUrl"), csrf);
    const waiting = (await store.unsent(stocktake)).length;
    link.classList.toggle("count-waiting", waiting > 0);
    if (answer.kind === "sent") {
      link.textContent = text("sent");
      for (const asset of answer.named.values()) if (asset) seen.add(asset.id);
      await keep();
      draw();
    } else if (answer.kind === "offline") {
      link.textContent = text("offline").replace("%1", String(waiting));
    } else if (answer.kind === "signed_out") {
      link.textContent = text("signedOut").replace("%1", String(waiting));
      find("#sign-in").hidden = false;
    } else {
      link.textContent = answer.words;
    }
  }

  async function fetchSheet(): Promise<void> {
    try {
      const response = await fetch(text("sheetUrl"), { redirect: "manual" });
      if (!response.ok) return;
      const body = (await response.json()) as { open: boolean; assets: Asset[]; seen: number[] };
      if (!body.open) {
        // What this phone took along is of no more use; what it did not send stays, for when the count is reopened.
        await store.forget(stocktake);
        await caches.open(CACHE).then((cache) => cache.delete(location.href));
        location.assign(text("backUrl"));
        return;
      }
      assets = body.assets;
      seen = new Set([...body.seen, ...seen]);
      await keep();
    } catch {
      // No network: the sheet taken along last time is used.
    }
  }

  find<HTMLFormElement>("#by-code").addEventListener("submit", (event) => {
    event.preventDefault();
    const code = codeField.value;
    codeField.value = "";
    void note(code);
  });
  roomField.addEventListener("input", draw);

  const scan = find<HTMLButtonElement>("#scan");
  const video = find<HTMLVideoElement>("#film");
  scan.addEventListener("click", () => {
    if (stopFilming) {
      stopFilming();
      stopFilming = undefined;
      video.hidden = true;
      scan.setAttribute("aria-pressed", "false");
      return;
    }
    video.hidden = false;
    scan.setAttribute("aria-pressed", "true");
    film(video, (code) => void note(code)).then(
      (stop) => (stopFilming = stop),
      () => {
        video.hidden = true;
        scan.setAttribute("aria-pressed", "false");
        say(text("noCamera"), false);
      },
    );
  });

  const kept = await store.sheet(stocktake);
  if (kept) {
    assets = kept.assets;
    seen = new Set(kept.seen);
    draw();
  }
  await fetchSheet();
  draw();
  await exchange();
  window.addEventListener("online", () => void exchange());
  setInterval(() => void exchange(), 30_000);
  await installOffline(text("workerUrl"));
  root.dataset["ready"] = "yes";
}

/** Keeps this page and what it is made of, so that it opens again without network. */
async function installOffline(workerUrl: string): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  try {
    await navigator.serviceWorker.register(workerUrl);
    await navigator.serviceWorker.ready;
    const cache = await caches.open(CACHE);
    const parts = [...document.querySelectorAll<HTMLScriptElement | HTMLLinkElement>("script[src], link[href]")].map(
      (part) => ("src" in part ? part.src : part.href),
    );
    await cache.addAll([location.href, ...new Set(parts.filter((part) => part.startsWith(location.origin)))]);
  } catch {
    // A private window, or no room left: counting goes on as long as there is network.
  }
}
