/** `DOMAIN\user` in two parts; `user` and `user@domain` keep the domain known before. */
export function splitUser(written: string, domain: string): { username: string; domain: string } {
  const text = written.trim();
  const at = text.indexOf("\\");
  if (at > 0) return { domain: text.slice(0, at), username: text.slice(at + 1) };
  // A user principal name carries its own domain.
  return { username: text, domain: text.includes("@") ? "" : domain };
}
