/** The calls of the viewer to the portal. */
import type { ViewerConfig } from "./config";
import type { Grant, Refusal } from "./remote-screen";

const TIMEOUT_MS = 15_000;

export interface SessionState {
  state: "requested" | "active" | "interrupted" | "ended";
  reason: string | null;
  message: string | null;
  advice: string | null;
  can_resume: boolean;
  resume_until: number | string | null;
  quality: { rtt_ms: number | null; up_bytes: number; down_bytes: number } | null;
  idle_ends_at: number | string | null;
  ends_at: number | string | null;
}

/** A refusal in words (RFC 9457 problem details). `status` 0: the portal was not reached. */
export class PortalProblem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly title: string,
    readonly detail: string,
    readonly advice: string,
  ) {
    super(detail || title || code);
  }

  /** Whether the same question may get another answer later. */
  get temporary(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

export class Portal {
  /** Seconds to add to this machine's clock to get the portal's. */
  clockOffset = 0;

  constructor(private readonly config: ViewerConfig) {}

  /** The portal's time, in Unix seconds. */
  now(): number {
    return Date.now() / 1000 + this.clockOffset;
  }

  async connect(session: string | null): Promise<Grant> {
    return (await this.#post(this.config.connect_url, { session })).json() as Promise<Grant>;
  }

  async state(session: string): Promise<{ state: SessionState; milliseconds: number }> {
    const url = new URL(this.config.state_url, location.href);
    url.searchParams.set("session", session);
    const started = performance.now();
    const response = await this.#fetch(url.href, { headers: { Accept: "application/json" } });
    const milliseconds = performance.now() - started;
    return { state: (await response.json()) as SessionState, milliseconds };
  }

  async end(session: string): Promise<void> {
    await this.#post(this.config.end_url, { session }, true);
  }

  /** Why the PC refused the sign-in: a code, and nothing of what was typed. */
  async refused(session: string, code: Refusal): Promise<void> {
    if (this.config.refused_url) await this.#post(this.config.refused_url, { session, code }, true);
  }

  #post(url: string, body: unknown, keepalive = false): Promise<Response> {
    return this.#fetch(url, {
      method: "POST",
      keepalive,
      headers: {
        Accept: "application/json, application/problem+json",
        "Content-Type": "application/json",
        "X-CSRFToken": this.config.csrf,
      },
      body: JSON.stringify(body),
    });
  }

  async #fetch(url: string, init: RequestInit): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(url, {
        ...init,
        credentials: "same-origin",
        cache: "no-store",
        redirect: "manual",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch {
      throw new PortalProblem(0, "unreachable", "", "", "");
    }
    // A redirection leads to the sign-in page: the portal session is over.
    if (response.type === "opaqueredirect") throw new PortalProblem(401, "signed_out", "", "", "");
    const date = Date.parse(response.headers.get("Date") ?? "");
    if (!Number.isNaN(date)) this.clockOffset = date / 1000 - Date.now() / 1000;
    if (response.ok) return response;
    const problem = (await response.json().catch(() => ({}))) as Record<string, unknown>;
    const word = (name: string) => (typeof problem[name] === "string" ? problem[name] : "");
    throw new PortalProblem(response.status, word("code"), word("title"), word("detail"), word("advice"));
  }
}
