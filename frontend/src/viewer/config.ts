/** What the portal's page tells the viewer (docs/reference/gateway-protocol.md, section 4). */

export type Protocol = "rdp" | "vnc";

export interface ViewerConfig {
  computer: { id: number; name: string };
  protocol: Protocol;
  connect_url: string;
  state_url: string;
  end_url: string;
  refused_url: string;
  home_url: string;
  csrf: string;
  keyboard_layout: number;
  color_depth: number;
  ask_username: boolean;
  username: string;
  domain: string;
  ask_password: boolean;
  texts: Record<string, string>;
}

/** Reads `<script type="application/json" id="viewer-config">`. Throws when the page holds none. */
export function readConfig(page: Document): ViewerConfig {
  const element = page.getElementById("viewer-config");
  if (!element?.textContent) throw new Error("this page has no viewer-config");
  const given = JSON.parse(element.textContent) as Partial<ViewerConfig>;
  if (given.protocol !== "rdp" && given.protocol !== "vnc") throw new Error("viewer-config names no known protocol");
  return {
    computer: given.computer ?? { id: 0, name: "" },
    protocol: given.protocol,
    connect_url: given.connect_url ?? "",
    state_url: given.state_url ?? "",
    end_url: given.end_url ?? "",
    refused_url: given.refused_url ?? "",
    home_url: given.home_url ?? "/",
    csrf: given.csrf ?? "",
    keyboard_layout: given.keyboard_layout ?? 0x040c,
    color_depth: given.color_depth ?? 32,
    ask_username: given.ask_username ?? false,
    username: given.username ?? "",
    domain: given.domain ?? "",
    ask_password: given.ask_password ?? false,
    texts: given.texts ?? {},
  };
}
