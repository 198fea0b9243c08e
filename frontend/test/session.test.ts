import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { ViewerConfig } from "../src/viewer/config";
import type { Ending } from "../src/viewer/endings";
import { type Portal, PortalProblem, type SessionState } from "../src/viewer/portal";
import type { Closure, Credentials, RemoteScreen, ScreenOptions } from "../src/viewer/remote-screen";
import { RemoteSession, type SessionView } from "../src/viewer/session";
import { speaker } from "../src/viewer/texts";

const GRACE = 60;
const CUT: Closure = { kind: "cut", code: 1006 };

/** A portal, a screen and a page that note what they are asked. */
class World {
  readonly log: string[] = [];
  readonly screens: Array<{ options: ScreenOptions; calls: string[] }> = [];
  readonly asked: Array<string | null> = [];
  readonly connects: Array<string | null> = [];
  readonly refusals: Array<[string, string]> = [];
  /** The portal hears nothing of refused sign-ins. */
  deaf = false;
  ended: Ending | null = null;
  answers: Credentials[] = [{ username: "j", domain: "", password: "secret" }];
  state: Partial<SessionState> | PortalProblem = { state: "active", can_resume: true };
  problem: PortalProblem | null = null;
  readonly session: RemoteSession;

  constructor(config: Partial<ViewerConfig> = {}) {
    const portal = {
      connect: async (id: string | null) => {
        this.connects.push(id);
        if (this.problem) throw this.problem;
        return {
          ticket: `ticket-${this.connects.length}`,
          session: id ?? "s1",
          websocket: "/gateway/v1/rdp",
          websocket_origin: null,
          policy: { clipboard_to_pc: false, clipboard_from_pc: false, idle_seconds: 900, ends_at: 0, resume_seconds: GRACE },
        };
      },
      state: async () => {
        if (this.state instanceof PortalProblem) throw this.state;
        return { state: this.state as SessionState, milliseconds: 10 };
      },
      end: async (id: string) => void this.log.push(`end ${id}`),
      refused: async (id: string, code: string) => {
        this.refusals.push([id, code]);
        if (this.deaf) throw new PortalProblem(429, "too_many", "", "", "");
      },
    } as unknown as Portal;
    const view: SessionView = {
      ask: async (_kinds, _known, problem) => {
        this.asked.push(problem);
        const answer = this.answers.shift();
        return answer ?? new Promise(() => {});
      },
      progress: () => {},
      granted: () => {},
      live: (returned) => this.log.push(returned ? "back" : "live"),
      freeze: () => this.log.push("freeze"),
      waiting: () => {},
      returning: () => this.log.push("returning"),
      ended: (ending) => {
        this.ended = ending;
        this.log.push("ended");
      },
      clipboard: () => {},
      resized: () => {},
      place: () => ({ stage: null as unknown as HTMLElement, size: { width: 1, height: 1 }, scale: "fit", light: false }),
    };
    const open = (options: ScreenOptions) => {
      const calls: string[] = [];
      this.screens.push({ options, calls });
      return new Proxy({}, { get: (_, name) => () => void calls.push(String(name)) }) as RemoteScreen;
    };
    const full = { protocol: "rdp", ask_username: true, ask_password: true, username: "", domain: "", computer: { id: 1, name: "PC" }, keyboard_layout: 0x40c, ...config } as ViewerConfig;
    this.session = new RemoteSession(full, portal, async () => open, view, speaker());
  }

  get screen() {
    const last = this.screens.at(-1);
    if (!last) throw new Error("no screen yet");
    return last;
  }

  async live(): Promise<void> {
    await this.session.start();
    this.screen.options.events.firstImage();
  }

  async closed(closure: Closure): Promise<void> {
    this.screen.options.events.closed(closure);
    await vi.advanceTimersByTimeAsync(0);
  }
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("a way that is not ready", () => {
  const BUSY: Closure = { kind: "gateway", code: 4012 };

  test("is tried again with another ticket, and nobody has to press anything", async () => {
    const world = new World();
    await world.session.start();
    await world.closed(BUSY);
    expect(world.session.state).toBe("connecting");
    await vi.advanceTimersByTimeAsync(1000);
    expect(world.screens).toHaveLength(2);
    expect(world.screen.options.grant.ticket).toBe("ticket-2");
    world.screens[0]?.options.events.firstImage(); // late news of the first is not heard
    expect(world.session.state).toBe("connecting");
    world.screen.options.events.firstImage();
    expect(world.session.state).toBe("live");
    expect(world.asked).toHaveLength(1);
  });

  test("is given up after three more attempts, with its reason", async () => {
    const world = new World();
    await world.session.start();
    for (const seconds of [1, 2, 4]) {
      await world.closed(BUSY);
      expect(world.ended).toBeNull();
      await vi.advanceTimersByTimeAsync(seconds * 1000);
    }
    expect(world.screens).toHaveLength(4);
    await world.closed(BUSY);
    await vi.advanceTimersByTimeAsync(5000);
    expect(world.ended?.reason).toBe("portal_unreachable");
    expect(world.ended?.again).toBe(true);
    expect(world.screens).toHaveLength(4);
  });

  test("is left alone when the agent has gone meanwhile", async () => {
    const world = new World();
    await world.session.start();
    await world.closed(BUSY);
    await world.session.finish();
    await vi.advanceTimersByTimeAsync(5000);
    expect(world.screens).toHaveLength(1);
  });

  test("a PC that does not answer is not tried again by itself", async () => {
    const world = new World();
    await world.session.start();
    await world.closed({ kind: "target", code: 4004 });
    await vi.advanceTimersByTimeAsync(5000);
    expect(world.screens).toHaveLength(1);
    expect(world.ended?.reason).toBe("target_unreachable");
  });
});

describe("coming back", () => {
  test("a cut leads back to the same session with the password in memory and a new ticket", async () => {
    const world = new World();
    await world.live();
    await world.closed(CUT);
    expect(world.session.state).toBe("interrupted");
    await vi.advanceTimersByTimeAsync(1000);
    world.screen.options.events.firstImage();
    expect(world.connects).toEqual([null, "s1"]);
    expect(world.screen.options.credentials.password).toBe("secret");
    expect(world.screen.options.grant.ticket).not.toBe(world.screens[0]?.options.grant.ticket);
    expect(world.asked).toHaveLength(1);
    expect(world.log).toEqual(["live", "freeze", "returning", "back"]);
  });

  test("attempts come 1, 2, 4, 8 and 10 seconds apart, and stop with the grace time", async () => {
    const world = new World();
    await world.live();
    await world.closed(CUT);
    world.state = new PortalProblem(0, "unreachable", "", "", "");
    const times: number[] = [];
    for (let second = 1; second <= GRACE + 5; second++) {
      const before = world.log.length;
      await vi.advanceTimersByTimeAsync(1000);
      if (world.log.slice(before).includes("returning")) times.push(second);
    }
    expect(times).toEqual([1, 3, 7, 15, 25, 35, 45, 55]);
    expect(world.ended?.reason).toBe("lost");
  });

  test("the gateway's restart is waited for too", async () => {
    const world = new World();
    await world.live();
    await world.closed({ kind: "cut", code: 1001 });
    await vi.advanceTimersByTimeAsync(1000);
    await world.closed({ kind: "gateway", code: 1006 });
    expect(world.session.state).toBe("interrupted");
    await vi.advanceTimersByTimeAsync(2000);
    world.screen.options.events.firstImage();
    expect(world.session.state).toBe("live");
  });

  test("what an older connection still says is not heard", async () => {
    const world = new World();
    await world.live();
    const old = world.screen.options.events;
    await world.session.renew();
    old.closed(CUT);
    await vi.advanceTimersByTimeAsync(0);
    expect(world.session.state).toBe("returning");
    world.screen.options.events.firstImage();
    old.firstImage();
    expect(world.session.state).toBe("live");
    expect(world.screens[0]?.calls).toContain("suspend");
  });

  test("the portal's no ends it, in its own words", async () => {
    const world = new World();
    await world.live();
    await world.closed(CUT);
    world.problem = new PortalProblem(403, "right_expired", "", "Votre droit est terminé.", "Demandez.");
    await vi.advanceTimersByTimeAsync(1000);
    expect(world.ended).toMatchObject({ message: "Votre droit est terminé.", advice: "Demandez." });
  });
});

describe("the end", () => {
  test.each([4005, 4006, 4007, 4008, 4009])("after close code %s nothing is tried again", async (code) => {
    const world = new World();
    await world.live();
    await world.closed({ kind: "cut", code });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(world.session.state).toBe("ended");
    expect(world.connects).toHaveLength(1);
  });

  test("an access that is over because the visitor has signed out is told as that", async () => {
    const world = new World();
    await world.live();
    world.state = new PortalProblem(401, "signed_out", "", "", "");
    await world.closed({ kind: "cut", code: 4009 });
    expect(world.ended).toMatchObject({ reason: "signed_out", message: "Vous n’êtes plus connecté au portail.", again: false });
  });

  test("a session the portal has ended meanwhile is not waited for", async () => {
    const world = new World();
    await world.live();
    world.state = { state: "ended", reason: "target_closed", message: "Windows a fermé la session.", advice: "" };
    await world.closed({ kind: "cut", code: 4013 });
    expect(world.ended?.message).toBe("Windows a fermé la session.");
    expect(world.connects).toHaveLength(1);
  });

  test("finishing tells the portal, leaves the PC and forgets the password", async () => {
    const world = new World();
    await world.live();
    await world.session.finish();
    expect(world.screens[0]?.calls).toContain("disconnect");
    expect(world.log).toContain("end s1");
    void world.session.start();
    await vi.advanceTimersByTimeAsync(0);
    expect(world.asked).toHaveLength(2);
  });

  test("a first connection that fails explains itself and can be tried again with the same password", async () => {
    const world = new World({ ask_username: false });
    await world.session.start();
    world.screen.options.events.closed({ kind: "target", code: 4004 });
    await vi.advanceTimersByTimeAsync(5000);
    expect(world.ended).toMatchObject({ reason: "target_unreachable", again: true });
    await world.session.start();
    expect(world.asked).toHaveLength(1);
    expect(world.screen.options.credentials.password).toBe("secret");
  });
});

describe("passwords", () => {
  test("a wrong one leads back to the form with its reason, and is forgotten", async () => {
    const world = new World();
    world.answers = [
      { username: "j", domain: "", password: "wrong" },
      { username: "j", domain: "", password: "right" },
    ];
    await world.session.start();
    await world.closed({ kind: "credentials", code: 1000 });
    expect(world.asked[1]).toContain("mot de passe");
    expect(world.screen.options.credentials.password).toBe("right");
    expect(world.connects).toEqual([null, "s1"]);
  });

  test("why Windows refused is told to the portal as a code, and to the agent in words", async () => {
    const world = new World();
    await world.session.start();
    await world.closed({ kind: "credentials", code: 4013, refusal: "password_expired" });
    expect(world.refusals).toEqual([["s1", "password_expired"]]);
    expect(world.asked[1]).toContain("a expiré");
  });

  test("who may not sign in remotely is told so, and the portal too, even if it does not listen", async () => {
    const world = new World();
    world.deaf = true;
    world.state = { state: "ended", reason: "target_closed" };
    await world.session.start();
    await world.closed({ kind: "access_denied", code: 4013, refusal: "not_remote_user" });
    expect(world.refusals).toEqual([["s1", "not_remote_user"]]);
    expect(world.ended?.reason).toBe("access_denied");
    expect(world.ended?.advice).toContain("utilisateurs du bureau à distance");
  });

  test("a cut tells the portal nothing of the sign-in", async () => {
    const world = new World();
    await world.live();
    await world.closed(CUT);
    expect(world.refusals).toEqual([]);
  });

  test("a session closed by the wrong password is replaced by a new one", async () => {
    const world = new World();
    world.answers.push({ username: "j", domain: "", password: "right" });
    await world.session.start();
    world.problem = new PortalProblem(409, "session_ended", "", "", "");
    const closing = world.closed({ kind: "credentials", code: 1000 });
    await closing;
    expect(world.connects).toEqual([null, "s1", null]);
  });

  test("VNC asks in the middle, RDP before; nothing is asked when nothing is needed", async () => {
    const world = new World({ protocol: "vnc", ask_username: false, ask_password: false });
    await world.session.start();
    expect(world.asked).toEqual([]);
    world.screen.options.events.credentialsRequired(["password"]);
    await vi.advanceTimersByTimeAsync(0);
    expect(world.asked).toEqual([null]);
    expect(world.screen.calls).toContain("giveCredentials");
  });
});
