/** The remote session: connects, comes back after a cut, ends. What is shown is the view's affair. */
import { delayBefore, delayOfOpening } from "./backoff";
import type { ViewerConfig } from "./config";
import { type Ending, ending, endingOfProblem, isFinal, isPassing, reasonOf, refusalWords } from "./endings";
import { type Event, next, type State } from "./machine";
import { type Portal, PortalProblem, type SessionState } from "./portal";
import type {
  Closure,
  CredentialKind,
  Credentials,
  Grant,
  OpenScreen,
  Policy,
  RemoteScreen,
  ScreenEvents,
  ScreenOptions,
  Size,
  Step,
} from "./remote-screen";
import type { Say } from "./texts";

/** What the session asks of the page. */
export interface SessionView {
  ask(kinds: readonly CredentialKind[], known: Credentials, problem: string | null): Promise<Credentials>;
  progress(step: Step): void;
  granted(policy: Policy): void;
  live(returned: boolean): void;
  /** The picture is about to go: keep it. */
  freeze(): void;
  waiting(seconds: number, attempt: number): void;
  returning(): void;
  ended(ending: Ending): void;
  clipboard(text: string): void;
  resized(size: Size): void;
  /** Where, how large and how fine the next screen will be. */
  place(): Pick<ScreenOptions, "stage" | "size" | "scale" | "light">;
}

/** The portal learns of an end from the gateway a moment after us. */
const END_KNOWN_TRIES = 4;
const END_KNOWN_MS = 500;

export class RemoteSession {
  #state: State = "ready";
  #screen: RemoteScreen | null = null;
  #id: string | null = null;
  #credentials: Credentials;
  #grace = 0;
  #attempt = 0;
  #cutAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Counts connections: what an older one still says is not heard. */
  #generation = 0;

  constructor(
    private readonly config: ViewerConfig,
    private readonly portal: Portal,
    private readonly open: () => Promise<OpenScreen>,
    private readonly view: SessionView,
    private readonly say: Say,
  ) {
    this.#credentials = { username: config.username, domain: config.domain, password: "" };
  }

  get state(): State {
    return this.#state;
  }

  get screen(): RemoteScreen | null {
    return this.#state === "live" ? this.#screen : null;
  }

  get id(): string | null {
    return this.#id;
  }

  /** Asks for what is missing, then connects. */
  async start(problem: string | null = null): Promise<void> {
    const kinds: CredentialKind[] = [];
    if (this.config.ask_username) kinds.push("username");
    if (this.config.ask_password && (problem || !this.#credentials.password)) kinds.push("password");
    if (kinds.length > 0) this.#credentials = await this.view.ask(kinds, this.#credentials, problem);
    if (!this.#dispatch("connect")) return;
    this.#attempt = 0;
    this.view.progress("gateway");
    await this.#connect();
  }

  /** The user has finished. */
  async finish(): Promise<void> {
    if (!this.#dispatch("end")) return;
    this.#leave();
    this.#forget();
    this.view.ended(ending(this.say, "closed_by_user"));
    if (this.#id) await this.portal.end(this.#id).catch(() => {});
    this.#id = null;
  }

  /** The portal says that it is over while the picture is still there. */
  endedByPortal(state: SessionState): void {
    if (this.#state !== "live") return;
    this.view.freeze();
    this.#leave();
    this.#end(ending(this.say, state.reason ?? "lost", state));
  }

  /** Try now instead of waiting. */
  hurry(): void {
    if (this.#state !== "interrupted") return;
    clearTimeout(this.#timer);
    void this.#comeBack();
  }

  /** A new connection to the same desktop, for another size or another picture. */
  async renew(): Promise<void> {
    if (!this.#dispatch("renew")) return;
    this.view.freeze();
    this.#generation++;
    this.#screen?.suspend();
    this.#attempt = 0;
    this.#cutAt = performance.now();
    this.view.returning();
    await this.#connect();
  }

  #dispatch(event: Event): boolean {
    const state = next(this.#state, event);
    if (state) this.#state = state;
    return state !== null;
  }

  async #connect(): Promise<void> {
    const generation = ++this.#generation;
    try {
      const [open, grant] = await Promise.all([this.open(), this.#grant()]);
      if (generation !== this.#generation) return;
      this.#id = grant.session;
      this.#grace = grant.policy.resume_seconds;
      this.view.granted(grant.policy);
      this.#screen = open({
        ...this.view.place(),
        grant,
        credentials: this.#credentials,
        computerName: this.config.computer.name,
        keyboardLayout: this.config.keyboard_layout,
        events: this.#events(generation),
      });
      this.#screen.connect();
    } catch (error) {
      if (generation === this.#generation) this.#refused(error);
    }
  }

  async #grant(): Promise<Grant> {
    try {
      return await this.portal.connect(this.#id);
    } catch (error) {
      // A first connection that failed (wrong password) may have closed its session: take a new one.
      const gone = error instanceof PortalProblem && [404, 409, 410].includes(error.status);
      if (!gone || this.#state !== "connecting" || !this.#id) throw error;
      this.#id = null;
      return this.portal.connect(null);
    }
  }

  #refused(error: unknown): void {
    const problem = error instanceof PortalProblem ? error : new PortalProblem(0, "unreachable", "", "", "");
    if (problem.temporary && this.#dispatch("cut")) this.#wait();
    else this.#end(endingOfProblem(this.say, problem));
  }

  #events(generation: number): ScreenEvents {
    const current = () => generation === this.#generation;
    return {
      step: (step) => current() && this.#state === "connecting" && this.view.progress(step),
      firstImage: () => current() && this.#firstImage(),
      credentialsRequired: (kinds) => current() && void this.#answer(kinds, generation),
      clipboard: (text) => current() && this.view.clipboard(text),
      resized: (size) => current() && this.view.resized(size),
      leaving: () => current() && this.#state === "live" && this.view.freeze(),
      closed: (closure) => current() && void this.#closed(closure),
    };
  }

  #firstImage(): void {
    const returned = this.#state === "returning";
    if (!this.#dispatch("first_image")) return;
    this.#attempt = 0;
    this.view.live(returned);
  }

  async #answer(kinds: readonly CredentialKind[], generation: number): Promise<void> {
    if (!this.#dispatch("credentials_required")) return;
    this.#credentials = await this.view.ask(kinds, this.#credentials, null);
    if (generation !== this.#generation || !this.#dispatch("credentials_given")) return;
    this.view.progress("computer");
    this.#screen?.giveCredentials(this.#credentials);
  }

  async #closed(closure: Closure): Promise<void> {
    // The gateway does not read the sign-in: without this, the portal has to ask the agent what they saw.
    if (closure.refusal && this.#id) void this.portal.refused(this.#id, closure.refusal).catch(() => {});
    if (closure.kind === "credentials" && this.#dispatch("credentials_refused")) {
      this.#credentials = { ...this.#credentials, password: "" };
      return this.#startAgain(refusalWords(this.say, closure.refusal, this.config.protocol));
    }
    const wasLive = this.#state === "live";
    if (wasLive) {
      this.view.freeze();
      this.#cutAt = performance.now();
    }
    if (this.#state === "connecting" && isPassing(closure) && this.#openAgain()) return;
    if (isFinal(closure.code) || !this.#dispatch("cut")) return this.#explain(closure);
    if (wasLive) this.#attempt = 0;
    this.#wait();
    if (wasLive) await this.#endedMeanwhile();
  }

  /** The way was not ready: another ticket in a moment, and nothing to press; false when that was tried enough. */
  #openAgain(): boolean {
    const delay = delayOfOpening(++this.#attempt);
    if (delay === null) return false;
    this.#generation++;
    this.view.progress("gateway");
    this.#timer = setTimeout(() => void this.#connect(), delay * 1000);
    return true;
  }

  #startAgain(problem: string): void {
    // VNC asks in the middle of the handshake, so its next question comes by itself.
    if (this.config.ask_password) void this.start(problem);
    else void this.view.ask(["password"], this.#credentials, problem).then((given) => {
      this.#credentials = given;
      void this.start();
    });
  }

  /** A sign-out on the PC, or an end by the DSI, is no cut: the portal knows before the first attempt. */
  async #endedMeanwhile(): Promise<void> {
    const state = await this.#ask();
    if (state?.state === "ended" && this.#state === "interrupted") this.#end(ending(this.say, state.reason ?? "lost", state));
  }

  async #explain(closure: Closure): Promise<void> {
    const reason = reasonOf(closure);
    if (closure.refusal) return this.#end(ending(this.say, reason));
    for (let tries = 0; this.#id && tries < END_KNOWN_TRIES; tries++) {
      try {
        const { state } = await this.portal.state(this.#id);
        if (state.state === "ended") return this.#end(ending(this.say, state.reason ?? reason, state));
      } catch (error) {
        // To the gateway a sign-out is a right that is over; the portal knows the visitor no longer.
        if (error instanceof PortalProblem && error.code === "signed_out") return this.#end(endingOfProblem(this.say, error));
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, END_KNOWN_MS));
    }
    this.#end(ending(this.say, reason));
  }

  async #ask(): Promise<SessionState | null> {
    if (!this.#id) return null;
    return this.portal.state(this.#id).then(({ state }) => state, () => null);
  }

  #wait(): void {
    this.#attempt++;
    const elapsed = (performance.now() - this.#cutAt) / 1000;
    const delay = delayBefore(this.#attempt, elapsed, this.#grace);
    if (delay === null) return this.#end(ending(this.say, "lost"));
    const due = performance.now() + delay * 1000;
    const tick = () => {
      const left = Math.ceil((due - performance.now()) / 1000);
      if (left <= 0) return void this.#comeBack();
      this.view.waiting(left, this.#attempt);
      this.#timer = setTimeout(tick, 250);
    };
    tick();
  }

  async #comeBack(): Promise<void> {
    clearTimeout(this.#timer);
    if (!this.#id || !this.#dispatch("attempt")) return;
    this.view.returning();
    try {
      const { state } = await this.portal.state(this.#id);
      if (state.state === "ended" || (state.state === "interrupted" && !state.can_resume)) {
        return this.#end(ending(this.say, state.reason ?? "lost", state));
      }
    } catch (error) {
      return this.#refused(error);
    }
    await this.#connect();
  }

  #leave(): void {
    this.#generation++;
    clearTimeout(this.#timer);
    this.#screen?.disconnect();
    this.#screen = null;
  }

  #end(end: Ending): void {
    clearTimeout(this.#timer);
    if (!this.#dispatch("end")) return;
    this.#generation++;
    this.#id = null;
    if (!end.again) this.#forget();
    this.view.ended(end);
  }

  #forget(): void {
    this.#credentials = { ...this.#credentials, password: "" };
  }
}
