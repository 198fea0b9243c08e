import { describe, expect, it } from "vitest";

import { decodeOptions, fromBase64url, toBase64url } from "../src/app/passkeys";

describe("base64url", () => {
  it("gives back every length of bytes, without padding or characters of plain base64", () => {
    for (let length = 0; length < 70; length += 1) {
      const bytes = Uint8Array.from({ length }, (_, index) => (index * 97 + 251) % 256);
      const text = toBase64url(bytes.buffer);
      expect(text).toMatch(/^[A-Za-z0-9_-]*$/);
      expect([...fromBase64url(text)]).toEqual([...bytes]);
    }
  });

  it("reads the example of RFC 7515, appendix C", () => {
    expect([...fromBase64url("A-z_4ME")]).toEqual([3, 236, 255, 224, 193]);
    expect(toBase64url(Uint8Array.from([3, 236, 255, 224, 193]).buffer)).toBe("A-z_4ME");
  });
});

describe("options", () => {
  it("become bytes where the browser wants bytes, and nothing else changes", () => {
    const options = decodeOptions({
      challenge: "AQID",
      rpId: "localhost",
      user: { id: "MQ", name: "claire", displayName: "Claire" },
      excludeCredentials: [{ type: "public-key", id: "BA", transports: ["usb"] }],
    });
    expect(options).toEqual({
      challenge: Uint8Array.from([1, 2, 3]),
      rpId: "localhost",
      user: { id: Uint8Array.from([49]), name: "claire", displayName: "Claire" },
      excludeCredentials: [{ type: "public-key", id: Uint8Array.from([4]), transports: ["usb"] }],
    });
  });

  it("do not invent lists that were not there", () => {
    expect(Object.keys(decodeOptions({ challenge: "AQ" }) as object)).toEqual(["challenge"]);
  });
});
