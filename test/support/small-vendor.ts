import type { AcwTerms } from '../../src/domain/acw.ts';
import { ProgramError } from '../../src/domain/errors.ts';
import { isProtected, type Session } from '../../src/domain/session.ts';
import type {
  ControlAnswer,
  Presence,
  StatusWrite,
  TakenAnswer,
  TelephonyVendor,
} from '../../src/usecases/control-port.ts';
import type { Clock } from '../../src/usecases/ports.ts';

/** What happens to the next write instead of a plain answer. */
export type Fate =
  | 'lost before' // no answer, nothing took effect
  | 'lost after' // no answer, it took effect
  | 'unauthorized'
  | 'not_taken'
  | 'refused'
  | 'conflict';

interface Known {
  readonly session: Session;
  readonly acwEndsAt: number | undefined;
}

/** A vendor with a few agents, whose timers run on a clock that a test moves; what it was sent, it keeps. */
export class SmallVendor implements TelephonyVendor {
  readonly #clock: Clock;
  readonly #sessions = new Map<string, Known>();
  readonly statuses = new Map<string, { readonly state: string; readonly updatedAt: number }>();
  readonly acwWrites: (AcwTerms & { readonly sessionId: string; readonly key: string })[] = [];
  readonly statusWrites: (StatusWrite & { readonly userId: string })[] = [];
  /** Sessions that a forced write ended. */
  readonly cut: string[] = [];
  /** For the next writes, in order; after them all is well. */
  fates: Fate[] = [];
  /** Reads fail with this for as long as it is there. */
  unreadable: ProgramError | undefined;
  /** Called between a write and the answer to it. */
  meanwhile: (() => void) | undefined;
  /** How far its clock is behind ours. */
  lagMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Puts a session of U1 into a state. */
  put(
    sessionId: string,
    state: Session['state'],
    more: Partial<Session> & { acwSeconds?: number } = {},
  ): void {
    const { acwSeconds, ...others } = more;
    const session: Session = {
      sessionId,
      userId: 'U1',
      mediaType: 'voice',
      direction: 'inbound',
      skillId: undefined,
      acwRemainingSeconds: undefined,
      ...this.#sessions.get(sessionId)?.session,
      ...others,
      state,
    };
    const acwEndsAt = acwSeconds === undefined ? undefined : this.#clock.now() + acwSeconds * 1000;
    this.#sessions.set(sessionId, { session, acwEndsAt });
    this.#show(session.userId, state === 'ended' ? 'available' : state, this.#clock.now());
  }

  /** Ends the sessions whose timers have run off. */
  #settle(): void {
    for (const [sessionId, { session, acwEndsAt }] of this.#sessions) {
      if (acwEndsAt === undefined || acwEndsAt > this.#clock.now() || session.state !== 'acw') continue;
      this.#sessions.set(sessionId, { session: { ...session, state: 'ended' }, acwEndsAt: undefined });
      this.#show(session.userId, 'available', acwEndsAt);
    }
  }

  #show(userId: string, state: string, updatedAt: number): void {
    this.statuses.set(userId, { state, updatedAt: updatedAt - this.lagMs });
  }

  clockReading() {
    return { offsetMs: -this.lagMs, uncertaintyMs: 500 };
  }

  #look(sessionId: string): Session | undefined {
    this.#settle();
    const known = this.#sessions.get(sessionId);
    if (known === undefined) return undefined;
    const { session, acwEndsAt } = known;
    if (acwEndsAt === undefined) return session;
    return { ...session, acwRemainingSeconds: Math.ceil((acwEndsAt - this.#clock.now()) / 1000) };
  }

  #open(userId: string): Session[] {
    return [...this.#sessions.keys()]
      .flatMap((sessionId) => this.#look(sessionId) ?? [])
      .filter((session) => session.userId === userId && isProtected(session));
  }

  #read(): void {
    if (this.unreadable !== undefined) throw this.unreadable;
    this.#settle();
  }

  async readStatus(userId: string) {
    this.#read();
    const status = this.statuses.get(userId);
    return status && { ...status, activeSessions: this.#open(userId).length };
  }

  async readSessions(userId: string): Promise<readonly Session[]> {
    this.#read();
    return this.#open(userId);
  }

  async readSession(sessionId: string): Promise<Session | undefined> {
    this.#read();
    return this.#look(sessionId);
  }

  async readPresence(): Promise<Presence | undefined> {
    return undefined;
  }

  async writePresence(): Promise<ControlAnswer> {
    return { outcome: 'refused', reason: 'no presence here' };
  }

  async writeStatus(userId: string, write: StatusWrite): Promise<ControlAnswer> {
    this.statusWrites.push({ ...write, userId });
    const fate = this.fates.shift();
    const refusal = refusalOf(fate);
    this.meanwhile?.();
    if (refusal !== undefined) return refusal;
    const open = this.#open(userId);
    if (open.length > 0 && !write.force) return { outcome: 'conflict', reason: 'agent_protected' };
    for (const { sessionId } of open) {
      this.put(sessionId, 'ended');
      this.cut.push(sessionId);
    }
    const updatedAt = this.#clock.now() + 1_500;
    this.#show(userId, write.state, updatedAt);
    if (fate === 'lost after') return { outcome: 'unknown', reason: 'reset' };
    return { outcome: 'applied', state: write.state, updatedAt };
  }

  async writeAcw(sessionId: string, terms: AcwTerms, key: string): Promise<TakenAnswer> {
    const { durationSeconds, type, reasonCode } = terms;
    this.acwWrites.push({ sessionId, durationSeconds, type, reasonCode, key });
    const fate = this.fates.shift();
    const refusal = refusalOf(fate);
    this.meanwhile?.();
    if (refusal !== undefined) return refusal;
    if (this.#look(sessionId)?.state !== 'acw') return { outcome: 'conflict', reason: 'not in acw' };
    this.put(sessionId, 'acw', { acwSeconds: durationSeconds });
    return fate === 'lost after' ? { outcome: 'unknown', reason: 'reset' } : { outcome: 'taken' };
  }
}

function refusalOf(fate: Fate | undefined): Exclude<TakenAnswer, { outcome: 'taken' }> | undefined {
  switch (fate) {
    case 'lost before':
      return { outcome: 'unknown', reason: 'time-out' };
    case 'unauthorized':
      return { outcome: 'unauthorized', reason: 'HTTP 401' };
    case 'not_taken':
      return { outcome: 'not_taken', reason: 'HTTP 429', retryAfterMs: undefined };
    case 'refused':
      return { outcome: 'refused', reason: 'HTTP 422' };
    case 'conflict':
      return { outcome: 'conflict', reason: 'HTTP 409' };
    default:
      return undefined;
  }
}

/** What a lost desktop looks like. */
export const LOST = new ProgramError('vendor_unavailable', 'HTTP 408');
