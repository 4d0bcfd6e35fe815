import type { Instant } from '../domain/instant.ts';
import { isLive, isProtected, type SessionState } from '../domain/session.ts';

/** What stays the same of a session for as long as it lasts. */
export interface SessionOrigin {
  /** `ses_`, the digits of the agent's user id, and what tells it from the agent's others. */
  readonly id: string;
  readonly userId: string;
  readonly mediaType: string;
  readonly direction: 'inbound' | 'outbound';
  /** The skill it came by, where the vendor says so. */
  readonly skillId: string | undefined;
}

/** A state of a session, from an instant of the engine on. */
export interface SessionPhase {
  readonly state: SessionState;
  readonly at: Instant;
}

/** The engine's timer of after-call work. */
export interface AcwTimer {
  readonly endsAt: Instant;
  /** The agent cannot leave by the desktop's button. */
  readonly isEnforced: boolean;
}

/** One contact of an agent, with all that happened to it. */
export class LiveSession {
  readonly origin: SessionOrigin;
  readonly phases: SessionPhase[] = [];
  /** The last one of the after-call work, if it has come to that. */
  timer: AcwTimer | undefined;

  constructor(origin: SessionOrigin) {
    this.origin = origin;
  }

  get state(): SessionState {
    return this.phases.at(-1)?.state ?? 'queued';
  }

  /** When it entered the state that it is in. */
  get since(): Instant {
    return this.phases.at(-1)?.at ?? Number.NEGATIVE_INFINITY;
  }

  get isProtected(): boolean {
    return isProtected(this);
  }

  /** Whether somebody is on the line. */
  get isLive(): boolean {
    return isLive(this);
  }

  /** Whether the agent's button that ends after-call work does nothing. */
  get isEnforced(): boolean {
    return this.state === 'acw' && this.timer?.isEnforced === true;
  }

  /** How much after-call work is left, in whole seconds. */
  remainingSeconds(now: Instant): number {
    return Math.max(0, Math.ceil(((this.timer?.endsAt ?? now) - now) / 1000));
  }
}
