import type { Instant } from '../domain/instant.ts';
import type { SessionState } from '../domain/session.ts';
import type { Desktops, LostDesktop } from './desktops.ts';
import type { Floor } from './floor.ts';
import type { LiveAgent } from './live-agent.ts';
import type { AcwTimer, LiveSession } from './live-session.ts';
import { SKILL_OF_CHANNEL } from './skills.ts';

/** A contact that comes to an agent. */
export interface ScriptedSession {
  /** `voice` when left out. */
  readonly mediaType?: string;
  readonly direction?: 'inbound' | 'outbound';
  /** That of its channel when left out. */
  readonly skillId?: string;
  /** Its first state; `ringing` when left out. */
  readonly state?: SessionState;
  /** Of after-call work. */
  readonly acwSeconds?: number;
  /** Now when left out; else then, once the clock gets there. */
  readonly at?: Instant;
}

/** How long after-call work lasts that nobody has said anything about. */
const DEFAULT_ACW_SECONDS = 60;

/** What tests have agents live through, in place of the seeds. Whoever is no agent is an error. */
export class Script {
  readonly #floor: Floor;
  readonly #desktops: Desktops;
  readonly #clock: () => Instant;
  #sessions = 0;

  constructor(floor: Floor, desktops: Desktops, clock: () => Instant) {
    this.#floor = floor;
    this.#desktops = desktops;
    this.#clock = clock;
  }

  /** The agent's seeded day stops here: no sessions, the desktop online, the state as given. */
  take(userId: string, state = 'available'): void {
    this.#happen(userId, undefined, (agent, at) => {
      agent.stopSeeds();
      for (const session of agent.open) agent.move(session, 'ended', at);
      agent.set(state, false);
      agent.appear('online', at);
    });
  }

  /** A contact comes to the agent, whatever state the agent is in. @returns the session's id */
  begin(userId: string, session: ScriptedSession = {}): string {
    const { mediaType = 'voice', direction = 'inbound', state = 'ringing', at } = session;
    const { skillId = SKILL_OF_CHANNEL[mediaType] } = session;
    this.#sessions += 1;
    const id = `ses_${userId.slice(4)}_s${this.#sessions}`;
    const origin = { id, userId, mediaType, direction, skillId };
    this.#happen(userId, at, (agent, then) => {
      agent.begin(origin, state, then, timerOf(state, then, session.acwSeconds));
    });
    return id;
  }

  /** The session enters a state; into after-call work with a timer. One that has ended stays so. */
  move(
    sessionId: string,
    state: SessionState,
    { acwSeconds, at }: Omit<ScriptedSession, 'state'> = {},
  ): void {
    this.#happen(this.#userIdOf(sessionId), at, (agent, then) => {
      const session = agent.sessions.get(sessionId);
      if (session?.isProtected === true) agent.move(session, state, then, timerOf(state, then, acwSeconds));
    });
  }

  /** The agent presses the button that ends after-call work. @returns false when it does nothing */
  leaveAcw(sessionId: string): boolean {
    const session = this.session(sessionId);
    if (session.state !== 'acw' || session.isEnforced) return false;
    this.move(sessionId, 'ended');
    return true;
  }

  /** The agent, or somebody else, sets the state at a desktop. */
  set(userId: string, state: string, at?: Instant): void {
    this.#happen(userId, at, (agent) => agent.set(state, false));
  }

  /** The agent logs off: all sessions end, after-call work that is enforced too. */
  logOut(userId: string, at?: Instant): void {
    this.#happen(userId, at, (agent, then) => agent.logOut(then));
  }

  /** The agent logs in and is available. */
  logIn(userId: string, at?: Instant): void {
    this.#happen(userId, at, (agent, then) => {
      agent.set('available', false);
      agent.appear('online', then);
    });
  }

  /** The desktop shows another presence; telephony knows nothing of it. */
  appear(userId: string, status: string, at?: Instant): void {
    this.#happen(userId, at, (agent, then) => agent.appear(status, then));
  }

  /** The desktop's connection is lost: calls about its sessions fail, the engine goes on. */
  loseDesktop(userId: string, how: LostDesktop): void {
    this.#desktops.lose(userId, how);
  }

  restoreDesktop(userId: string): void {
    this.#desktops.restore(userId);
  }

  /**
   * The session as it is now.
   * @throws when there is none of this id
   */
  session(sessionId: string): LiveSession {
    const session = this.#agent(this.#userIdOf(sessionId)).sessions.get(sessionId);
    if (session === undefined) throw new Error(`there is no session ${sessionId}`);
    return session;
  }

  #happen(userId: string, at: Instant | undefined, act: (agent: LiveAgent, at: Instant) => void): void {
    const agent = this.#agent(userId);
    const now = this.#clock();
    agent.schedule(at ?? now, (then) => act(agent, then));
    agent.settle(now);
  }

  #agent(userId: string): LiveAgent {
    const user = this.#floor.centre.findAgent(userId);
    if (user === undefined) throw new Error(`${userId} is no agent of this contact centre`);
    return this.#floor.keep(user, this.#clock());
  }

  #userIdOf(sessionId: string): string {
    return this.#floor.userOf(sessionId)?.userId ?? sessionId;
  }
}

function timerOf(state: SessionState, at: Instant, acwSeconds = DEFAULT_ACW_SECONDS): AcwTimer | undefined {
  return state === 'acw' ? { endsAt: at + acwSeconds * 1000, isEnforced: false } : undefined;
}
