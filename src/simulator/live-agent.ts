import type { Instant } from '../domain/instant.ts';
import type { SessionState } from '../domain/session.ts';
import type { DayEvent } from './day-plan.ts';
import { type AcwTimer, LiveSession, type SessionOrigin } from './live-session.ts';
import { HOUR_MS } from './local-day.ts';
import type { TruthTransition } from './workday.ts';

/** The desktop's presence from an instant on. */
export interface PresenceChange {
  readonly status: string;
  readonly at: Instant;
}

/** What just happened to an agent. */
export type Happening =
  | { readonly kind: 'status'; readonly userId: string; readonly transition: TruthTransition }
  | { readonly kind: 'session'; readonly session: LiveSession; readonly at: Instant };

export interface LiveAgentOptions {
  readonly userId: string;
  /** The agent goes offline; what came before, the seeds tell. */
  readonly start: TruthTransition;
  /** The seeded events of `(from, to]`, in order of time. */
  readonly plan: (from: Instant, to: Instant) => readonly DayEvent[];
  /** How long before an instant of the engine somebody asked for what happens then, in milliseconds. */
  readonly lagOf: (at: Instant) => number;
}

/** The seeds are asked for so much at a time: whoever settles an agent every second need not ask every second. */
const PLANNED_AHEAD_MS = HOUR_MS;

interface Appointment {
  readonly at: Instant;
  readonly act: (at: Instant) => void;
}

/**
 * An agent with sessions, timers and a state that can be changed from outside. Left alone, the agent lives the
 * seeded day to the millisecond. A call decides what the agent's state shows; chats and emails leave it as it is,
 * since the agent stays there for a call. After a call the agent is in the state that was set last.
 */
export class LiveAgent {
  readonly userId: string;
  readonly startsAt: Instant;
  /** All that happened, in order; instants grow strictly. */
  readonly statuses: TruthTransition[];
  readonly presences: PresenceChange[];
  readonly sessions = new Map<string, LiveSession>();
  /** Told of each happening as it happens. */
  onHappening: ((happening: Happening) => void) | undefined;
  readonly #options: LiveAgentOptions;
  readonly #open = new Set<LiveSession>();
  /** The call that the seeds are at. */
  #plannedCall: LiveSession | undefined;
  /** The state outside of calls. */
  #base = 'offline';
  /** Somebody set it: the seeds' calls and being available do not come to pass before their next activity. */
  #isHeld = false;
  /** It was set beside a call and shows in its place. */
  #isBeside = false;
  /** The state outside of calls as the seeds have it. */
  #planned = 'offline';
  /** What the seeds have for the agent and has not come yet. */
  readonly #seeded: DayEvent[] = [];
  #plannedTo: Instant;
  #agenda: readonly Appointment[] = [];
  #settledTo: Instant;

  constructor(options: LiveAgentOptions) {
    const { userId, start } = options;
    this.#options = options;
    this.userId = userId;
    this.startsAt = start.at;
    this.#settledTo = start.at;
    this.#plannedTo = start.at;
    this.statuses = [start];
    this.presences = [{ status: 'offline', at: start.at }];
  }

  /** The sessions that have not ended. */
  get open(): readonly LiveSession[] {
    return [...this.#open];
  }

  /** What was the last to happen at an instant: in a list of changes, or to a session. */
  at<Change extends { readonly at: Instant }>(changes: readonly Change[], now: Instant): Change | undefined {
    // Instants that were moved apart may lie some milliseconds ahead of the clock.
    return now >= this.#settledTo ? changes.at(-1) : changes.findLast((change) => change.at <= now);
  }

  /** Lets happen what the seeds, the timers and the agenda have until then. */
  settle(now: Instant): void {
    this.#planUntil(now);
    const seeded = this.#seeded;
    for (;;) {
      const timers = this.open.flatMap(({ timer }) => (timer === undefined ? [] : [timer.endsAt]));
      const due = [seeded[0], this.#agenda[0]].flatMap((one) => (one === undefined ? [] : [one.at]));
      const at = Math.min(...timers, ...due);
      if (at > now) break;
      let cause: TruthTransition | undefined;
      while (seeded[0]?.at === at) cause = this.#play(seeded.shift()!) ?? cause;
      // Who leaves after-call work at the very instant at which the timer ends has left.
      for (const session of this.open) if (session.timer?.endsAt === at) this.move(session, 'ended', at);
      while (this.#agenda[0]?.at === at) this.#keepAppointment();
      this.#show(at, cause);
    }
    this.#settledTo = Math.max(this.#settledTo, now);
  }

  /** Does something at an instant, which may lie ahead. Whoever settles the agent next sees it. */
  schedule(at: Instant, act: (at: Instant) => void): void {
    const later = Math.max(at, this.#settledTo);
    this.#agenda = [...this.#agenda, { at: later, act }].sort((one, other) => one.at - other.at);
  }

  /** Applies a change that came from outside. @returns the engine's instant */
  write(now: Instant, act: (at: Instant) => void): Instant {
    const last = Math.max(this.statuses.at(-1)!.at, ...[...this.sessions.values()].map(({ since }) => since));
    const at = Math.max(now - this.#options.lagOf(now), last + 1);
    act(at);
    this.#show(at, undefined);
    return this.statuses.at(-1)!.at;
  }

  /** From now on happens only what is scripted, written, or timed already. */
  stopSeeds(): void {
    this.#plannedTo = Number.POSITIVE_INFINITY;
    this.#seeded.length = 0;
  }

  /** A new session in its first state. */
  begin(origin: SessionOrigin, state: SessionState, at: Instant, timer?: AcwTimer): LiveSession {
    const session = new LiveSession(origin);
    this.sessions.set(origin.id, session);
    this.move(session, state, at, timer);
    return session;
  }

  /** The session enters a state. */
  move(session: LiveSession, state: SessionState, at: Instant, timer?: AcwTimer): void {
    const later = Math.max(at, session.since + 1);
    session.phases.push({ state, at: later });
    session.timer = timer;
    if (session.isProtected) this.#open.add(session);
    else this.#open.delete(session);
    if (this.#open.size === 0) this.#isBeside = false;
    this.onHappening?.({ kind: 'session', session, at: later });
  }

  /**
   * The agent's own state, outside of calls.
   * @param isBeside it shows in place of the calls that are up
   */
  set(state: string, isBeside: boolean): void {
    this.#base = state;
    this.#isHeld = true;
    this.#isBeside = isBeside && this.#open.size > 0;
  }

  /** The agent logs off: sessions end with it, after-call work that is enforced too. */
  logOut(at: Instant): void {
    for (const session of this.open) this.move(session, 'ended', at);
    this.set('offline', false);
    this.appear('offline', at);
  }

  /** What the desktop shows of the agent. */
  appear(status: string, at: Instant): void {
    const last = this.presences.at(-1)!;
    if (last.status !== status) this.presences.push({ status, at: Math.max(at, last.at + 1) });
  }

  #planUntil(now: Instant): void {
    if (now <= this.#plannedTo) return;
    const to = Math.max(now, this.#plannedTo + PLANNED_AHEAD_MS);
    this.#seeded.push(...this.#options.plan(this.#plannedTo, to));
    this.#plannedTo = to;
  }

  #keepAppointment(): void {
    const [first, ...others] = this.#agenda;
    this.#agenda = others;
    first?.act(first.at);
  }

  #play(event: DayEvent): TruthTransition | undefined {
    if (event.kind === 'session') this.#playSession(event);
    else this.#playStatus(event.transition);
    return event.transition;
  }

  #playSession({ origin, state, at, acwEndsAt }: DayEvent & { kind: 'session' }): void {
    const session = this.sessions.get(origin.id);
    const timer = acwEndsAt === undefined ? undefined : { endsAt: acwEndsAt, isEnforced: false };
    if (session === undefined) {
      const isFirst = state === 'queued' || state === 'ringing';
      if (!isFirst || !this.#isThereFor(origin)) return;
      const begun = this.begin(origin, state, at, timer);
      if (origin.mediaType === 'voice') this.#plannedCall = begun;
    } else if (session.isProtected && !(state === 'ended' && session.isEnforced)) {
      this.move(session, state, at, timer);
    }
  }

  /** Contacts come to who is available; one call at a time. */
  #isThereFor({ mediaType }: SessionOrigin): boolean {
    return this.#base === 'available' && (mediaType !== 'voice' || this.#call() === undefined);
  }

  #playStatus({ state, at }: TruthTransition): void {
    const isLogin = this.#planned === 'offline';
    this.#planned = state;
    if (state === 'offline') {
      this.logOut(at);
      this.#isHeld = false;
      return;
    }
    this.#leaveCall(at);
    if (isLogin) this.appear('online', at);
    const isKept = this.#base === 'offline' || state === 'available' || state === 'busy';
    if (this.#isHeld && isKept && !isLogin) return;
    this.set(state, false);
    this.#isHeld = false;
  }

  /** The agent turns to something else, unless after-call work is enforced. */
  #leaveCall(at: Instant): void {
    const call = this.#plannedCall;
    if (call?.isProtected === true && !call.isEnforced) this.move(call, 'ended', at);
  }

  /** The call that the agent is in, or coming from. */
  #call(): LiveSession | undefined {
    return this.open.findLast(({ origin, state }) => origin.mediaType === 'voice' && state !== 'queued');
  }

  #show(at: Instant, cause: TruthTransition | undefined): void {
    const call = this.#isBeside ? undefined : this.#call();
    const state = call?.state ?? this.#base;
    const last = this.statuses.at(-1)!;
    if (state === last.state) return;
    const later = Math.max(at, last.at + 1);
    const sessionId = call?.origin.id;
    const own = { state, at: later, requestedAt: later - this.#options.lagOf(later), sessionId };
    const transition = cause?.state === state && cause.at === later ? cause : own;
    this.statuses.push(transition);
    this.onHappening?.({ kind: 'status', userId: this.userId, transition });
  }
}
