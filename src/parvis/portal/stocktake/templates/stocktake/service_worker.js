// Pages that count, and what they are made of, from what this browser kept when there is no network.
const CACHE = "parvis-stocktake";
const PATIENCE = 4000;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate" && /\/\d+\/compter\/$/.test(url.pathname)) {
    event.respondWith(page(request));
  } else if (url.pathname.startsWith("{% get_static_prefix %}ui/")) {
    event.respondWith(part(request));
  }
});

async function page(request) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request.url, { ignoreVary: true });
  try {
    const timeout = kept ? AbortSignal.timeout(PATIENCE) : undefined;
    const fresh = await fetch(request.url, { signal: timeout, redirect: "manual", credentials: "same-origin" });
    // A redirect: signed out, or the count is over; nobody opens the page here without the portal any more.
    if (fresh.ok) await cache.put(request.url, fresh.clone());
    else if (fresh.type === "opaqueredirect") await cache.delete(request.url);
    return fresh;
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
}

async function part(request) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request.url, { ignoreVary: true });
  if (kept) return kept;
  return fetch(request);
}
