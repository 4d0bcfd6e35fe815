import type { Override } from '../domain/override.ts';
import { preflight } from '../domain/override-rules.ts';
import { ARRIVING_MS, isAbandoned } from '../domain/sending.ts';
import { normalizeState } from '../domain/state.ts';
import { ACW_JOB } from './acw-contract.ts';
import { auditEntry, readDocument, stateDocument } from './audit-entry.ts';
import type {
  ControlAnswer,
  OverrideStep,
  OverrideStore,
  StatusWrite,
  TelephonyVendor,
} from './control-port.ts';
import { type AgentLook, type LookDeps, lookAtAgent } from './look-at-agent.ts';
import type { EventLogStore } from './ports.ts';
import type { LockOwner } from './run-lock.ts';
import { logApplied } from './send-change.ts';

export interface ExecuteDeps extends LookDeps {
  readonly store: LookDeps['store'] & OverrideStore & Pick<EventLogStore, 'recordTransitions'>;
  readonly vendor: LookDeps['vendor'] & Pick<TelephonyVendor, 'writeStatus'>;
  readonly owner: LockOwner;
}

interface Consent {
  readonly person: string;
  readonly acknowledged: readonly string[];
  readonly look: AgentLook;
}

/**
 * Carries out an override that was approved: one forced write, with the ticket in it, after it is on the disk that it
 * is sent. After a 401, which took no effect, it is sent once more if the agent is still as it was approved for.
 * @returns the override as it stands then; `undefined` when somebody else decided about it meanwhile.
 */
export async function executeOverride(
  deps: ExecuteDeps,
  override: Override,
  { person, acknowledged, look }: Consent,
  signal?: AbortSignal,
): Promise<Override | undefined> {
  const { store, clock, owner } = deps;
  const { overrideId, userId } = override;
  const now = clock.now();
  const step = {
    status: 'executing',
    decidedBy: person,
    decidedAt: now,
    acknowledged,
    owner: owner.name,
  } as const;
  const why =
    acknowledged.length === 0 ? 'no session is cut' : `sessions that are cut: ${acknowledged.join(', ')}`;
  const words = { userId, subject: overrideId, why, read: readDocument(look) };
  const audit = auditEntry(now, person, 'override_approved', words);
  if (!(await store.stepOverride(overrideId, 'requested', step, audit))) return undefined;
  const approved = { ...override, ...step };
  try {
    if (isReached(approved, look)) await reached(deps, approved, look, person);
    else await force(deps, approved, person, signal);
  } catch (error) {
    // Given up in the middle: only a reading can tell whether it took effect.
    await book(deps, approved, person, { outcome: 'unknown', reason: 'given up' });
    throw error;
  }
  return settled(deps, approved, signal);
}

/** What is being executed by a process that is gone, or was not answered, is settled by reading: never sent again. */
export async function settleOverride(
  deps: ExecuteDeps,
  override: Override,
  signal?: AbortSignal,
): Promise<void> {
  const { store, clock, owner } = deps;
  const { overrideId, userId } = override;
  if (override.status === 'executing') {
    const { owner: sender, decidedAt: begunAt } = override;
    const isKnown = sender !== undefined && begunAt !== undefined;
    if (isKnown && !isAbandoned({ owner: sender, begunAt }, owner.isGone, clock.now())) return;
    const why = 'whoever sent it is gone before the answer';
    const audit = auditEntry(clock.now(), ACW_JOB, 'override_answered', { userId, subject: overrideId, why });
    await store.stepOverride(overrideId, 'executing', { status: 'unknown', why }, audit);
  }
  const look = await lookAtAgent(deps, userId, ACW_JOB, signal);
  const isSoon = clock.now() - (override.decidedAt ?? 0) < ARRIVING_MS;
  const { status } = look;
  const isDone = status !== undefined && normalizeState(status.state) === override.state;
  if (!isDone && isSoon) return;
  const why = isDone
    ? 'the agent is in the state that was forced'
    : 'the agent is not in the state: it did not arrive';
  const step: OverrideStep = isDone
    ? { status: 'executed', updatedAt: status.updatedAt, why }
    : { status: 'failed', why };
  if (isDone) await logApplied(deps, userId, { state: status.state, at: status.updatedAt });
  const words = { userId, subject: overrideId, why, read: readDocument(look) };
  await store.stepOverride(
    overrideId,
    'unknown',
    step,
    auditEntry(clock.now(), ACW_JOB, 'override_answered', words),
  );
}

/** Whether there is nothing to force: the agent is in the state, and nobody would be cut off. */
function isReached({ state }: Override, { status, sessions }: AgentLook): boolean {
  const isThere = status !== undefined && normalizeState(status.state) === state;
  return isThere && preflight(sessions, []).live.length === 0;
}

async function reached(
  { store, clock }: ExecuteDeps,
  { overrideId, userId, state }: Override,
  look: AgentLook,
  person: string,
): Promise<void> {
  const why = `the agent is ${state} already`;
  const words = { userId, subject: overrideId, why, read: readDocument(look) };
  const audit = auditEntry(clock.now(), person, 'state_already_applied', words);
  const updatedAt = look.status?.updatedAt ?? clock.now();
  await store.stepOverride(overrideId, 'executing', { status: 'executed', updatedAt, why }, audit);
}

async function force(
  deps: ExecuteDeps,
  override: Override,
  person: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const answer = await send(deps, override, person, 'approved by another person', signal);
  if (answer.outcome !== 'unauthorized') return book(deps, override, person, answer);
  const look = await lookAtAgent(deps, override.userId, person, signal);
  if (isReached(override, look)) return reached(deps, override, look, person);
  const { fault } = preflight(look.sessions, override.acknowledged);
  if (fault !== undefined) {
    const reason = `the token had expired, and the sessions have changed since (${fault})`;
    return book(deps, override, person, { outcome: 'refused', reason });
  }
  const why = 'a renewed token; the agent and the sessions are as they were approved for';
  await book(deps, override, person, await send(deps, override, person, why, signal));
}

async function send(
  { store, vendor, clock }: ExecuteDeps,
  { overrideId, userId, state, incident, reason }: Override,
  person: string,
  why: string,
  signal: AbortSignal | undefined,
): Promise<ControlAnswer> {
  const write: StatusWrite = {
    state,
    skillGroups: [],
    routingGroups: [],
    force: true,
    overrideReason: `${incident}: ${reason}`,
  };
  const words = { userId, subject: overrideId, why, sent: write };
  await store.recordAudit([auditEntry(clock.now(), person, 'override_sent', words)]);
  return vendor.writeStatus(userId, write, signal);
}

async function book(
  deps: ExecuteDeps,
  { overrideId, userId, incident }: Override,
  person: string,
  answer: ControlAnswer,
): Promise<void> {
  const { store, clock, log } = deps;
  if (answer.outcome === 'applied') {
    await logApplied(deps, userId, { state: answer.state, at: answer.updatedAt });
  }
  const step = stepAfter(answer);
  const why = step.why ?? 'the engine has applied it';
  const document = answer.outcome === 'applied' ? { outcome: 'applied', ...stateDocument(answer) } : answer;
  const words = { userId, subject: overrideId, why, answer: document };
  const audit = auditEntry(clock.now(), person, 'override_answered', words);
  await store.stepOverride(overrideId, 'executing', step, audit);
  log.warn(
    { override: overrideId, agent: userId, incident, outcome: step.status, why },
    'an override was sent',
  );
}

function stepAfter(answer: ControlAnswer): OverrideStep {
  if (answer.outcome === 'applied') return { status: 'executed', updatedAt: answer.updatedAt };
  return { status: answer.outcome === 'unknown' ? 'unknown' : 'failed', why: answer.reason };
}

/** What nobody answered is looked at once; what cannot be read is for the job to settle. */
async function settled(
  deps: ExecuteDeps,
  { overrideId }: Override,
  signal: AbortSignal | undefined,
): Promise<Override | undefined> {
  const { store, log } = deps;
  const sent = await store.readOverride(overrideId);
  if (sent?.status !== 'unknown') return sent;
  await settleOverride(deps, sent, signal).catch((err: unknown) => {
    signal?.throwIfAborted();
    log.warn({ err, override: overrideId }, 'whether an override took effect is not known yet');
  });
  return store.readOverride(overrideId);
}
