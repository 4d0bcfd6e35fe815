import { randomUUID } from 'node:crypto';
import type { SettableState } from '../domain/change.ts';
import { ProgramError } from '../domain/errors.ts';
import { APPROVAL_MS, type Override } from '../domain/override.ts';
import { approvalFault, type OverrideFault, preflight } from '../domain/override-rules.ts';
import { ACW_JOB } from './acw-contract.ts';
import { auditEntry, readDocument } from './audit-entry.ts';
import { type ExecuteDeps, executeOverride } from './execute-override.ts';
import { lookAtAgent } from './look-at-agent.ts';

/** What somebody asks to be forced, and under which ticket. */
export interface OverrideRequest {
  readonly userId: string;
  readonly state: SettableState;
  readonly incident: string;
  readonly reason: string;
}

/** What became of approving: it was sent, or something stands against it and the request stays as it is. */
export type Approval =
  | { readonly outcome: 'sent'; readonly override: Override }
  | {
      readonly outcome: 'blocked';
      readonly code: OverrideFault;
      readonly why: string;
      /** The sessions that would be cut now, as far as that was looked at. */
      readonly live: readonly string[];
    };

/** Enters a request, for another person to approve in time. Nothing is sent. */
export async function requestOverride(
  { store, clock }: Pick<ExecuteDeps, 'store' | 'clock'>,
  request: OverrideRequest,
  person: string,
): Promise<Override> {
  const now = clock.now();
  const override: Override = {
    ...request,
    overrideId: `ovr_${randomUUID()}`,
    requestedBy: person,
    requestedAt: now,
    expiresAt: now + APPROVAL_MS,
    status: 'requested',
    decidedBy: undefined,
    decidedAt: undefined,
    acknowledged: [],
    owner: undefined,
    updatedAt: undefined,
    why: undefined,
  };
  const { userId, state, incident, reason } = request;
  const words = { userId, subject: override.overrideId, why: `${incident}: ${reason}`, read: { state } };
  await store.addOverride(override, auditEntry(now, person, 'override_requested', words));
  return override;
}

/**
 * Approves a request and carries it out: by another person, in time, and only when just those sessions would be cut
 * that this person acknowledges, as read right before.
 * @throws ProgramError `not_found`; or why the agent could not be read, and then nothing was sent.
 */
export async function approveOverride(
  deps: ExecuteDeps,
  overrideId: string,
  person: string,
  acknowledged: readonly string[],
  signal?: AbortSignal,
): Promise<Approval> {
  const override = await requireOverride(deps, overrideId);
  const fault = approvalFault(override, person, deps.clock.now());
  if (fault === 'override_expired') await expire(deps, override);
  if (fault !== undefined) return blocked(deps, override, person, fault, WORDS[fault], undefined);
  const look = await lookAtAgent(deps, override.userId, person, signal);
  const flight = preflight(look.sessions, acknowledged);
  if (flight.fault !== undefined) {
    const why = `${WORDS[flight.fault]}: ${[...flight.unknown, ...flight.gone].join(', ')}`;
    return blocked(deps, override, person, flight.fault, why, {
      ...flight,
      ...(readDocument(look) as object),
    });
  }
  const sent = await executeOverride(deps, override, { person, acknowledged, look }, signal);
  if (sent === undefined) {
    return blocked(deps, override, person, 'override_not_open', WORDS.override_not_open, undefined);
  }
  return { outcome: 'sent', override: sent };
}

/** Ends a request without carrying it out; whoever asked may also think better of it. */
export async function denyOverride(
  deps: Pick<ExecuteDeps, 'store' | 'clock'>,
  overrideId: string,
  person: string,
  note: string | undefined,
): Promise<Override> {
  const { store, clock } = deps;
  const { userId, status } = await requireOverride(deps, overrideId);
  const now = clock.now();
  const why = note ?? 'denied';
  const step = { status: 'denied', decidedBy: person, decidedAt: now, why } as const;
  const audit = auditEntry(now, person, 'override_denied', { userId, subject: overrideId, why });
  if (status !== 'requested' || !(await store.stepOverride(overrideId, 'requested', step, audit))) {
    throw new ProgramError('not_allowed', `the override ${overrideId} is not open any more`);
  }
  return requireOverride(deps, overrideId);
}

/** Ends a request whose time is up. */
export async function expire(
  { store, clock, log }: Pick<ExecuteDeps, 'store' | 'clock' | 'log'>,
  { overrideId, userId, incident }: Override,
): Promise<void> {
  const why = 'nobody approved it in time';
  const audit = auditEntry(clock.now(), ACW_JOB, 'override_expired', { userId, subject: overrideId, why });
  if (!(await store.stepOverride(overrideId, 'requested', { status: 'expired', why }, audit))) return;
  log.warn({ override: overrideId, agent: userId, incident }, 'an override expired without approval');
}

const WORDS: Readonly<Record<OverrideFault, string>> = {
  override_not_open: 'it has been decided already',
  override_expired: 'its time ran out; ask for it again',
  override_same_person: 'whoever asks cannot approve it; another supervisor has to',
  override_blocked_by_live_session: 'sessions are live that were not acknowledged',
  override_sessions_changed: 'sessions that were acknowledged are not live any more',
};

async function blocked(
  { store, clock, log }: ExecuteDeps,
  { overrideId, userId }: Override,
  person: string,
  code: OverrideFault,
  why: string,
  read: { readonly live: readonly string[] } | undefined,
): Promise<Approval> {
  const words = { userId, subject: overrideId, why, read, answer: { code } };
  await store.recordAudit([auditEntry(clock.now(), person, 'override_blocked', words)]);
  log.warn({ override: overrideId, agent: userId, who: person, code }, 'an override was blocked');
  return { outcome: 'blocked', code, why, live: read?.live ?? [] };
}

async function requireOverride({ store }: Pick<ExecuteDeps, 'store'>, overrideId: string): Promise<Override> {
  const override = await store.readOverride(overrideId);
  if (override !== undefined) return override;
  throw new ProgramError('not_found', `there is no override ${overrideId}`);
}
