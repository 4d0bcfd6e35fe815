import type { AcwContract, AcwRule, AcwTerms } from '../domain/acw.ts';
import { ruleFor, timerDiffers } from '../domain/acw-rules.ts';
import { timerEndOf } from '../domain/acw-watch.ts';
import type { SkillChannels } from '../domain/channels.ts';
import type { Instant } from '../domain/instant.ts';
import type { Session } from '../domain/session.ts';
import { clockErrorMs } from '../domain/vendor-clock.ts';
import { ACW_JOB, type AcwDeps, acwAudit, acwKeyOf, isSameContent, sentTerms } from './acw-contract.ts';
import { auditEntry } from './audit-entry.ts';
import { type FollowDeps, followContract } from './follow-acw.ts';
import { readSessionNow } from './read-acw.ts';
import { isSent, sendTerms } from './send-acw.ts';

/** What became of asking for after-call work. */
export type AcwStart =
  /** `started`: by this request; `same`: somebody asked for just this before, and it stands as it does. */
  | { readonly outcome: 'started' | 'same'; readonly contract: AcwContract }
  /** The session has a contract with other terms, which do not change any more. */
  | { readonly outcome: 'contract_exists'; readonly contract: AcwContract }
  | { readonly outcome: 'refused'; readonly code: 'not_in_acw' | 'acw_refused'; readonly why: string };

/**
 * Enforces after-call work of a session because a person asks for it: once for a session, whoever asks and however
 * often. The session must be in after-call work, since that is when the vendor's timer starts.
 * @throws ProgramError when the session cannot be read; then nothing was sent.
 */
export async function startAcw(
  deps: FollowDeps,
  sessionId: string,
  terms: AcwTerms,
  person: string,
  signal?: AbortSignal,
): Promise<AcwStart> {
  const standing = await deps.store.readContract(sessionId);
  if (standing !== undefined) return answerOf(standing, terms);
  const { session, at } = await readSessionNow(deps, sessionId, signal);
  if (session?.state !== 'acw') return refuse(deps, sessionId, session, person);
  const { contract, added } = await agree(deps, session, terms, person, at, signal);
  if (!added) return answerOf(contract, terms);
  if (contract.status === 'refused') return refusedBy(contract);
  return { outcome: 'started', contract };
}

/**
 * Holds a session in after-call work against the rules: where its timer is another one than its rule's, the rule's
 * is enforced without anyone asking; where it is right already, it is only watched from here on.
 * @param at when the session was read; @param enteredAt since when it is in after-call work, where that is known.
 * @returns the contract that stands; `undefined` when no rule asks for one.
 */
export async function enforceRule(
  deps: FollowDeps & {
    readonly rules: readonly AcwRule[];
    readonly skillChannels: SkillChannels;
  },
  session: Session,
  { at, enteredAt }: { readonly at: Instant; readonly enteredAt: Instant | undefined },
  signal?: AbortSignal,
): Promise<AcwContract | undefined> {
  if (session.state !== 'acw') return undefined;
  const rule = ruleFor(session, deps.rules, deps.skillChannels);
  if (rule === undefined) return undefined;
  const standing = await deps.store.readContract(session.sessionId);
  if (standing !== undefined) return standing;
  const { durationSeconds, type, reasonCode } = rule;
  const terms = { durationSeconds, type, reasonCode };
  const errorMs = clockErrorMs(deps.vendor.clockReading?.());
  if (!timerDiffers(session, rule, at, enteredAt, errorMs)) return watchOnly(deps, session, terms, at);
  const { contract } = await agree(deps, session, terms, 'rule', at, signal);
  return contract;
}

/** The first request of a session stands for ever; what comes later is answered with it. */
function answerOf(contract: AcwContract, terms: AcwTerms): AcwStart {
  if (!isSameContent(contract, terms)) return { outcome: 'contract_exists', contract };
  return contract.status === 'refused' ? refusedBy(contract) : { outcome: 'same', contract };
}

function refusedBy({ why = 'the vendor refused it' }: AcwContract): AcwStart {
  return { outcome: 'refused', code: 'acw_refused', why };
}

async function refuse(
  { store, clock }: AcwDeps,
  sessionId: string,
  session: Session | undefined,
  person: string,
): Promise<AcwStart> {
  const why =
    session === undefined
      ? 'the vendor has no such session'
      : `the session is in ${session.state}, not in after-call work`;
  const words = { ...(session && { userId: session.userId }), subject: sessionId, why, read: { session } };
  await store.recordAudit([auditEntry(clock.now(), person, 'acw_decided', words)]);
  return { outcome: 'refused', code: 'not_in_acw', why };
}

/** Writes the contract down, then sends it; what nobody answered is looked at once. */
async function agree(
  deps: FollowDeps,
  session: Session,
  terms: AcwTerms,
  requestedBy: string,
  at: Instant,
  signal: AbortSignal | undefined,
): Promise<{ readonly contract: AcwContract; readonly added: boolean }> {
  const timerBefore = timerEndOf({ at, remainingSeconds: session.acwRemainingSeconds });
  const now = deps.clock.now();
  const draft: AcwContract = {
    ...newContract(session, terms, requestedBy, now),
    status: 'sending',
    sent: { times: 1, at: now, timerBefore },
    owner: deps.owner.name,
  };
  const actor = requestedBy === 'rule' ? ACW_JOB : requestedBy;
  const audit = acwAudit(deps, draft, actor, 'acw_sent', {
    why: requestedBy === 'rule' ? "the session's timer is not its rule's" : 'a person asked for it',
    read: { session },
    sent: sentTerms(terms, draft.key),
  });
  const { contract, added } = await deps.store.addContract(draft, audit);
  if (!added || !isSent(contract)) return { contract, added };
  const sent = await sendTerms(deps, contract, actor, signal);
  if (sent.status !== 'unknown') return { contract: sent, added };
  const settled = await followContract(deps, sent, now, signal).catch((err: unknown) => {
    signal?.throwIfAborted();
    deps.log.warn({ err, session: session.sessionId }, 'whether after-call work was taken is not known yet');
    return sent;
  });
  return { contract: settled, added };
}

async function watchOnly(
  deps: FollowDeps,
  session: Session,
  terms: AcwTerms,
  at: Instant,
): Promise<AcwContract> {
  const endsAt = timerEndOf({ at, remainingSeconds: session.acwRemainingSeconds });
  const draft: AcwContract = { ...newContract(session, terms, 'rule', deps.clock.now()), endsAt };
  const why = "the session's timer is its rule's already";
  const audit = acwAudit(deps, draft, ACW_JOB, 'acw_decided', { why, read: { session } });
  return (await deps.store.addContract(draft, audit)).contract;
}

function newContract(session: Session, terms: AcwTerms, requestedBy: string, now: Instant): AcwContract {
  const { durationSeconds, type, reasonCode } = terms;
  return {
    sessionId: session.sessionId,
    userId: session.userId,
    key: acwKeyOf(session.sessionId),
    durationSeconds,
    type,
    reasonCode,
    requestedBy,
    createdAt: now,
    status: 'running',
    sent: undefined,
    endsAt: undefined,
    extension: { seconds: 0, status: 'none' },
    owner: undefined,
    why: undefined,
  };
}
