/**
 * Passkeys (WebAuthn level 2): forms `[data-passkey="create" | "get"]`.
 *
 * On submission the browser asks for the passkey, its answer goes into the field `credential` and the form is
 * sent. The options come from the JSON element `data-passkey-options` names, or from `data-passkey-options-url`.
 * Such forms are hidden until we know that the browser can; `[data-passkey-unsupported]` is shown otherwise.
 */
import { announce } from "./announce";

interface DescriptorJSON {
  type: "public-key";
  id: string;
  transports?: AuthenticatorTransport[];
}

interface OptionsJSON {
  challenge: string;
  user?: { id: string; name: string; displayName: string };
  excludeCredentials?: DescriptorJSON[];
  allowCredentials?: DescriptorJSON[];
  [other: string]: unknown;
}

export function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

export function toBase64url(buffer: ArrayBuffer): string {
  const binary = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(binary).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** The server's options with bytes where the browser wants bytes. */
export function decodeOptions(options: OptionsJSON): unknown {
  const descriptors = (list: DescriptorJSON[]) => list.map((each) => ({ ...each, id: fromBase64url(each.id) }));
  return {
    ...options,
    challenge: fromBase64url(options.challenge),
    ...(options.user && { user: { ...options.user, id: fromBase64url(options.user.id) } }),
    ...(options.excludeCredentials && { excludeCredentials: descriptors(options.excludeCredentials) }),
    ...(options.allowCredentials && { allowCredentials: descriptors(options.allowCredentials) }),
  };
}

/** The browser's answer as the server reads it (bytes in base64url). */
export function encodeCredential(credential: PublicKeyCredential): Record<string, unknown> {
  const response: Record<string, unknown> = { clientDataJSON: toBase64url(credential.response.clientDataJSON) };
  if (credential.response instanceof AuthenticatorAttestationResponse) {
    response["attestationObject"] = toBase64url(credential.response.attestationObject);
    response["transports"] = credential.response.getTransports?.() ?? [];
  } else if (credential.response instanceof AuthenticatorAssertionResponse) {
    response["authenticatorData"] = toBase64url(credential.response.authenticatorData);
    response["signature"] = toBase64url(credential.response.signature);
    const handle = credential.response.userHandle;
    response["userHandle"] = handle ? toBase64url(handle) : null;
  }
  return {
    id: credential.id,
    rawId: toBase64url(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
    response,
  };
}

async function optionsOf(form: HTMLFormElement): Promise<unknown> {
  const selector = form.dataset["passkeyOptions"];
  let said: { publicKey?: OptionsJSON; request_options?: { publicKey: OptionsJSON } };
  if (selector) {
    said = JSON.parse(document.querySelector(selector)?.textContent ?? "{}") as typeof said;
  } else {
    const answer = await fetch(form.dataset["passkeyOptionsUrl"] ?? "", { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(`options: ${answer.status}`);
    said = (await answer.json()) as typeof said;
  }
  const options = said.publicKey ?? said.request_options?.publicKey;
  if (!options) throw new Error("no options");
  return decodeOptions(options);
}

async function ceremony(form: HTMLFormElement): Promise<PublicKeyCredential> {
  const publicKey = await optionsOf(form);
  const credential =
    form.dataset["passkey"] === "create"
      ? await navigator.credentials.create({ publicKey: publicKey as PublicKeyCredentialCreationOptions })
      : await navigator.credentials.get({ publicKey: publicKey as PublicKeyCredentialRequestOptions });
  if (!(credential instanceof PublicKeyCredential)) throw new Error("no passkey");
  return credential;
}

export function passkeys(): void {
  const supported = "credentials" in navigator && "PublicKeyCredential" in window;
  if (!supported) return;
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-passkey]")) form.hidden = false;
  for (const words of document.querySelectorAll<HTMLElement>("[data-passkey-unsupported]")) words.hidden = true;
  const answered = new WeakSet<HTMLFormElement>();
  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target as HTMLFormElement;
      const field = form.elements.namedItem("credential");
      if (!form.dataset["passkey"] || !(field instanceof HTMLInputElement) || answered.has(form)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      ceremony(form)
        .then((credential) => {
          field.value = JSON.stringify(encodeCredential(credential));
          answered.add(form);
          form.requestSubmit();
          answered.delete(form); // back on this page, the person is asked again
        })
        // Refused, cancelled, too late, or unknown: the person may try again or choose another way.
        .catch(() => announce(form.dataset["passkeyFailed"]));
    },
    true,
  );
}
