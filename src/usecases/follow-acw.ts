import type { AcwContract } from '../domain/acw.ts';
import {
  type ContractVerdict,
  judgeContract,
  settleExtension,
  settleSending,
  timerEndOf,
} from '../domain/acw-watch.ts';
import { formatInstant, type Instant } from '../domain/instant.ts';
import { ARRIVING_MS, isAbandoned } from '../domain/sending.ts';
import type { StateWords } from '../domain/state.ts';
import { ACW_JOB, type AcwDeps, acwAudit, sentTerms } from './acw-contract.ts';
import type { ContractStep } from './control-port.ts';
import { escalationOf } from './escalate.ts';
import { type AcwSeen, readAcw } from './read-acw.ts';
import { isSent, type SentContract, sendTerms } from './send-acw.ts';

export interface FollowDeps extends AcwDeps {
  /** For the words of agents' states; those of sessions are the API's own. */
  readonly stateMap: StateWords['stateMap'];
  /** Whether anybody is told of what is bypassed (`ADHERENCE_ESCALATION_URL`). */
  readonly escalates: boolean;
  /** Counted for the metrics. */
  readonly onBypassed?: (type: AcwContract['type']) => void;
}

/**
 * Reads the session of a contract that is not at its end, and does what the reading means: it goes on, was kept, was
 * bypassed; or, when nobody answered its sending, whether it runs or has to be sent once more.
 * @param seenAt when the session was last seen in after-call work.
 * @returns the contract as it stands then.
 * @throws ProgramError when the session could not be read: nothing is changed by that.
 */
export async function followContract(
  deps: FollowDeps,
  contract: AcwContract,
  seenAt: Instant,
  signal?: AbortSignal,
): Promise<AcwContract> {
  const open = await adopted(deps, contract);
  if (open === undefined) return contract;
  const seen = await readAcw(deps, open, seenAt, signal);
  if (open.status === 'unknown' && isSent(open)) await settle(deps, open, seen, signal);
  else await judge(deps, open, seen);
  return (await deps.store.readContract(open.sessionId)) ?? open;
}

/** What a process left that is gone is nobody's to wait for; `undefined` while its sender is at it. */
async function adopted(deps: AcwDeps, contract: AcwContract): Promise<AcwContract | undefined> {
  const { store, clock, owner } = deps;
  if (contract.owner === undefined) return contract;
  const sent = contract.status === 'sending' ? contract.sent : contract.extension.sent;
  const sending = { owner: contract.owner, begunAt: sent?.at ?? contract.createdAt };
  if (!isAbandoned(sending, owner.isGone, clock.now())) return undefined;
  const why = 'whoever sent it is gone before the answer';
  const step: ContractStep =
    contract.status === 'sending'
      ? { status: 'unknown', why }
      : { status: contract.status, extension: { ...contract.extension, status: 'unknown' } };
  const audit = acwAudit(deps, contract, ACW_JOB, 'acw_answered', { why });
  const moved = await store.stepContract(contract.sessionId, contract.status, step, audit);
  return moved ? store.readContract(contract.sessionId) : undefined;
}

/** Of a sending that nobody answered. */
async function settle(
  deps: FollowDeps,
  contract: SentContract,
  seen: AcwSeen,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { reading, isSlow, read } = seen;
  const { sent, durationSeconds } = contract;
  if (reading.left) {
    return end(deps, contract, judgeContract(sent.at + durationSeconds * 1000, reading), read);
  }
  const verdict = settleSending(sent, durationSeconds, reading);
  if (verdict.is === 'undecided' || (isSlow && verdict.is !== 'taken')) return;
  if (verdict.is === 'not_taken') return sendAgain(deps, contract, seen, signal);
  const why = verdict.is === 'taken' ? verdict.why : 'it was sent twice and did not arrive';
  const step: ContractStep =
    verdict.is === 'taken' ? { status: 'running', endsAt: verdict.endsAt, why } : { status: 'refused', why };
  const audit = acwAudit(deps, contract, ACW_JOB, 'acw_answered', { why, read });
  await deps.store.stepContract(contract.sessionId, 'unknown', step, audit);
  if (step.status === 'refused') deps.log.error(namesOf(contract), 'after-call work could not be enforced');
}

async function sendAgain(
  deps: AcwDeps,
  contract: SentContract,
  { reading, read }: AcwSeen,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { store, clock, owner } = deps;
  const timerBefore = reading.left ? undefined : timerEndOf(reading);
  const sent = { times: contract.sent.times + 1, at: clock.now(), timerBefore };
  const why = 'the session still has the timer from before';
  const audit = acwAudit(deps, contract, ACW_JOB, 'acw_sent', {
    why,
    read,
    sent: sentTerms(contract, contract.key),
  });
  const step: ContractStep = { status: 'sending', sent, owner: owner.name, why };
  if (!(await store.stepContract(contract.sessionId, 'unknown', step, audit))) return;
  await sendTerms(deps, { ...contract, status: 'sending', sent }, ACW_JOB, signal);
}

/** Of a contract whose timer runs. */
async function judge(deps: FollowDeps, contract: AcwContract, seen: AcwSeen): Promise<void> {
  const { reading, isSlow, read } = seen;
  const endsAt = await endOf(deps, contract, seen);
  const verdict = judgeContract(endsAt, reading);
  if (verdict.is !== 'running') return end(deps, contract, verdict, read);
  if (verdict.endsAt === contract.endsAt || isSlow) return;
  const step = { status: 'running', endsAt: verdict.endsAt } as const;
  await deps.store.stepContract(contract.sessionId, 'running', step, undefined);
}

/** When it ends, once a reading has settled what became of an extension that nobody answered. */
async function endOf(
  deps: FollowDeps,
  contract: AcwContract,
  { reading, isSlow, read }: AcwSeen,
): Promise<Instant> {
  const { extension } = contract;
  const endsAt = contract.endsAt ?? contract.createdAt + contract.durationSeconds * 1000;
  if (extension.status !== 'unknown' || reading.left || isSlow) return endsAt;
  const extendedEnd = settleExtension(endsAt, extension.seconds, reading);
  const isTooSoon = extension.sent !== undefined && reading.at - extension.sent.at < ARRIVING_MS;
  if (extendedEnd === undefined && isTooSoon) return endsAt;
  const status = extendedEnd === undefined ? 'refused' : 'applied';
  const why = `the timer shows that the extension was ${status === 'applied' ? 'taken' : 'not taken'}`;
  const audit = acwAudit(deps, contract, ACW_JOB, 'acw_extended', { why, read });
  const end = extendedEnd ?? endsAt;
  const step = { status: 'running', endsAt: end, extension: { ...extension, status } } as const;
  await deps.store.stepContract(contract.sessionId, 'running', step, audit);
  return end;
}

async function end(
  deps: FollowDeps,
  contract: AcwContract,
  verdict: ContractVerdict,
  read: object,
): Promise<void> {
  if (verdict.is === 'running') return;
  const { store, log } = deps;
  const { sessionId, status: from } = contract;
  const { is: status, why } = verdict;
  const event = status === 'bypassed' ? 'acw_bypassed' : 'acw_fulfilled';
  const audit = acwAudit(deps, contract, ACW_JOB, event, { why, read });
  const told =
    status === 'bypassed' && deps.escalates ? bypassEscalation(deps, contract, verdict) : undefined;
  if (!(await store.stepContract(sessionId, from, { status, why }, audit, told))) return;
  if (status !== 'bypassed') return;
  deps.onBypassed?.(contract.type);
  log.warn({ ...namesOf(contract), why }, 'after-call work was left before its end');
}

function bypassEscalation(
  { clock }: AcwDeps,
  contract: AcwContract,
  { why, earlyMs }: Extract<ContractVerdict, { is: 'bypassed' }>,
): ReturnType<typeof escalationOf> {
  const { sessionId, userId, type, reasonCode, durationSeconds, requestedBy, endsAt } = contract;
  return escalationOf('acw_bypassed', sessionId, clock.now(), {
    sessionId,
    userId,
    compliance: type === 'compliance',
    acwType: type,
    reasonCode,
    durationSeconds,
    requestedBy,
    endsAt: endsAt === undefined ? null : formatInstant(endsAt),
    earlySeconds: earlyMs / 1000,
    why,
  });
}

function namesOf({ sessionId, userId, type }: AcwContract): object {
  return { session: sessionId, user: userId, type };
}
