import { describe, expect, test, vi } from "vitest";

// As much of noVNC as matters here, built like it (core/rfb.js): its constructor binds the reader and listens.
vi.mock("@novnc/novnc", () => ({
  default: class {
    seen: string[] = [];
    failed: string[] = [];
    constructor(_box: unknown, channel: { onmessage: unknown }) {
      const handle = this._handleMessage.bind(this);
      channel.onmessage = ({ data }: { data: string }) => {
        if (data === "overflow") throw new Error("Receive queue buffer exceeded");
        this.seen.push(data);
        handle();
      };
    }
    _handleMessage() {
      if (this.seen.at(-1) === "stumble") throw new Error("Bad");
    }
    _fail(why: string) {
      this.failed.push(why);
      return false;
    }
  },
}));

const { default: StrictRfb } = await import("../src/viewer/vnc/strict-rfb");

function opened() {
  const channel = { onmessage: null as unknown as (event: { data: string }) => void };
  const rfb = new StrictRfb(null as never, channel as never) as InstanceType<typeof StrictRfb> & { failed: string[]; seen: string[] };
  return { rfb, say: (data: string) => channel.onmessage({ data }) };
}

describe("a viewer that lost its place ends", () => {
  test("what is read well goes on", () => {
    const { rfb, say } = opened();
    say("picture");
    expect([rfb.seen, rfb.failed]).toEqual([["picture"], []]);
  });

  test.each(["stumble", "overflow"])("%s", (data) => {
    const { rfb, say } = opened();
    say(data);
    expect(rfb.failed).toHaveLength(1);
  });

  test("also when it reads on by itself, after a picture was drawn", () => {
    const { rfb, say } = opened();
    say("picture");
    rfb.seen.push("stumble");
    rfb._handleMessage();
    expect(rfb.failed).toHaveLength(1);
  });
});

test("noVNC is still built like that", async () => {
  const { readFileSync } = await import("node:fs");
  const { fileURLToPath } = await import("node:url");
  const core = fileURLToPath(new URL("../node_modules/@novnc/novnc/core/", import.meta.url));
  const rfb = readFileSync(`${core}rfb.js`, "utf8");
  expect(rfb).toContain("this._sock.on('message', this._handleMessage.bind(this))");
  expect(rfb.match(/\b_handleMessage\(\)/g)).toHaveLength(2); // its definition, and after a picture
  expect(rfb).toMatch(/_fail\(details\) \{/);
  expect(readFileSync(`${core}websock.js`, "utf8")).toContain("this._websocket.onmessage = this._recvMessage.bind(this)");
});
