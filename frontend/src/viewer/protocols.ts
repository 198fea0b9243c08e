/** Each protocol's code is fetched only where it is used. */
import type { Protocol } from "./config";
import type { OpenScreen } from "./remote-screen";

export async function loadScreen(protocol: Protocol): Promise<OpenScreen> {
  if (protocol === "rdp") {
    const { openRdp, prepare } = await import("./rdp/screen");
    await prepare();
    return openRdp;
  }
  return (await import("./vnc/screen")).openVnc;
}
