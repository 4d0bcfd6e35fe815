import type { SettableState } from './change.ts';
import type { Instant } from './instant.ts';

/** How long a second person has to approve a request, in milliseconds. */
export const APPROVAL_MS = 15 * 60_000;

export const OVERRIDE_STATES = [
  'requested',
  'executing',
  'executed',
  'unknown',
  'failed',
  'denied',
  'expired',
] as const;
export type OverrideState = (typeof OVERRIDE_STATES)[number];

/** From each state, the states that may follow. A forced write is never repeated. */
export const OVERRIDE_STEPS: Readonly<Record<OverrideState, readonly OverrideState[]>> = {
  requested: ['executing', 'denied', 'expired'],
  executing: ['executed', 'unknown', 'failed'],
  unknown: ['executed', 'failed'],
  executed: [],
  failed: [],
  denied: [],
  expired: [],
};

/** A forced change that one person asks for and another one lets happen. */
export interface Override {
  readonly overrideId: string;
  readonly userId: string;
  readonly state: SettableState;
  /** The ticket that says why. */
  readonly incident: string;
  readonly reason: string;
  readonly requestedBy: string;
  readonly requestedAt: Instant;
  readonly expiresAt: Instant;
  readonly status: OverrideState;
  /** Who approved or denied it. */
  readonly decidedBy: string | undefined;
  readonly decidedAt: Instant | undefined;
  /** The sessions that the second person knew would be cut. */
  readonly acknowledged: readonly string[];
  /** The process that is executing it, and only while it is. */
  readonly owner: string | undefined;
  readonly updatedAt: Instant | undefined;
  readonly why: string | undefined;
}
