/**
 * Why Windows refused a sign-in: the NTSTATUS of a CredSSP answer (TSRequest.errorCode, MS-CSSP 2.2.1), in the few
 * words of the contract (docs/reference/gateway-protocol.md, section 4). The PC is not trusted: what is not exactly
 * such a message says nothing.
 */
import type { Refusal } from "../remote-screen";

const SEQUENCE = 0x30;
const INTEGER = 0x02;
const ERROR_CODE = 0xa4;

const MEANING: Readonly<Record<number, Refusal>> = {
  0xc0000064: "password_wrong", // NO_SUCH_USER
  0xc000006a: "password_wrong", // WRONG_PASSWORD
  0xc000006d: "password_wrong", // LOGON_FAILURE
  0x8009030c: "password_wrong", // SEC_E_LOGON_DENIED
  0xc0000071: "password_expired", // PASSWORD_EXPIRED
  0xc0000224: "password_expired", // PASSWORD_MUST_CHANGE
  0xc0000234: "account_locked", // ACCOUNT_LOCKED_OUT
  0xc0000072: "account_disabled", // ACCOUNT_DISABLED
  0xc0000193: "account_disabled", // ACCOUNT_EXPIRED
  0xc0000022: "not_remote_user", // ACCESS_DENIED
  0xc000015b: "not_remote_user", // LOGON_TYPE_NOT_GRANTED
  0xc0000413: "not_remote_user", // AUTHENTICATION_FIREWALL_FAILED
  0xc000005e: "no_domain", // NO_LOGON_SERVERS
  0xc0000133: "no_domain", // TIME_DIFFERENCE_AT_DC
  0xc000018b: "no_domain", // NO_TRUST_SAM_ACCOUNT
  0xc000018d: "no_domain", // TRUSTED_RELATIONSHIP_FAILURE
  0x80090311: "no_domain", // SEC_E_NO_AUTHENTICATING_AUTHORITY
};

/** What a status means to people. */
export function refusalOf(status: number): Refusal {
  return MEANING[status] ?? "other";
}

interface Element {
  tag: number;
  start: number;
  end: number;
}

/** One DER element of `bytes` from `at`, whole and before `limit`. */
function element(bytes: Uint8Array, at: number, limit: number): Element | null {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined || at + 2 > limit) return null;
  let length = first;
  let start = at + 2;
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count === 0 || count > 3 || start + count > limit) return null;
    length = 0;
    for (let each = 0; each < count; each++) length = length * 256 + (bytes[start + each] ?? 0);
    start += count;
  }
  return start + length <= limit ? { tag, start, end: start + length } : null;
}

/** The status in a TSRequest; null: none, or this is no TSRequest. */
export function statusIn(bytes: Uint8Array): number | null {
  const whole = element(bytes, 0, bytes.length);
  if (whole?.tag !== SEQUENCE) return null;
  for (let at = whole.start; at < whole.end; ) {
    const field = element(bytes, at, whole.end);
    if (!field) return null;
    if (field.tag === ERROR_CODE) return number(bytes, field);
    at = field.end;
  }
  return null;
}

function number(bytes: Uint8Array, field: Element): number | null {
  const inner = element(bytes, field.start, field.end);
  if (inner?.tag !== INTEGER || inner.end === inner.start || inner.end - inner.start > 5) return null;
  let value = 0;
  // Four bytes count: a fifth one in front only says that the number is not negative.
  for (let at = Math.max(inner.start, inner.end - 4); at < inner.end; at++) value = value * 256 + (bytes[at] ?? 0);
  return value === 0 ? null : value;
}
