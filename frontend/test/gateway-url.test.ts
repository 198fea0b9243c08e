import { expect, test } from "vitest";
import { gatewayUrl } from "../src/viewer/gateway-url";

test("the page's own origin when the portal names none", () => {
  expect(gatewayUrl(null, "/gateway/v1/rdp", "https://portail.example.fr")).toBe("wss://portail.example.fr/gateway/v1/rdp");
  expect(gatewayUrl("", "/gateway/v1/vnc", "http://localhost:8000")).toBe("ws://localhost:8000/gateway/v1/vnc");
});

test("another origin, said as http or as ws", () => {
  for (const origin of ["wss://ecran.example.fr", "https://ecran.example.fr/"]) {
    expect(gatewayUrl(origin, "/gateway/v1/rdp", "https://portail.example.fr")).toBe("wss://ecran.example.fr/gateway/v1/rdp");
  }
});

test("nothing that could carry a ticket gets into the address", () => {
  for (const path of ["/gateway/v1/rdp?ticket=x", "/gateway/v1/rdp#x", "gateway", "/a b", "//evil.example/x?y"]) {
    expect(() => gatewayUrl(null, path, "https://portail.example.fr")).toThrow();
  }
  for (const origin of ["wss://h/?ticket=x", "wss://user@h", "javascript:alert(1)", "ftp://h"]) {
    expect(() => gatewayUrl(origin, "/gateway/v1/rdp", "https://portail.example.fr")).toThrow();
  }
});
