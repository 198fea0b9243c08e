/** What the portal's page tells the room (docs/reference/voice-protocol.md). */

export interface RoomConfig {
  title: string;
  mode: string;
  ticket_url: string;
  websocket: string;
  csrf: string;
  name: string;
  asks_name: boolean;
  listens: boolean;
  is_public: boolean;
  is_host: boolean;
  check_url: string;
  home_url: string;
  texts: Record<string, string>;
}

/** Reads `<script type="application/json" id="room-config">`. Throws when the page holds none. */
export function readConfig(page: Document): RoomConfig {
  const element = page.getElementById("room-config");
  if (!element?.textContent) throw new Error("this page has no room-config");
  return JSON.parse(element.textContent) as RoomConfig;
}
