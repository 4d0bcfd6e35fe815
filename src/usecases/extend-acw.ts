import type { AcwContract, AcwSending } from '../domain/acw.ts';
import { extendedSeconds, timerEndOf } from '../domain/acw-watch.ts';
import type { Instant } from '../domain/instant.ts';
import { type AcwDeps, acwAudit, sentTerms } from './acw-contract.ts';
import type { ContractStep, TakenAnswer } from './control-port.ts';
import { type FollowDeps, followContract } from './follow-acw.ts';
import { readSessionNow } from './read-acw.ts';

/** What became of asking for more after-call work. */
export type AcwExtend =
  | { readonly outcome: 'extended'; readonly contract: AcwContract }
  | {
      readonly outcome: 'refused';
      readonly code: 'no_contract' | 'already_extended' | 'not_in_acw' | 'acw_refused';
      readonly why: string;
    };

/** How often it leaves as long as the vendor surely took nothing. */
const MOST_TRIES = 3;

/**
 * Makes the after-call work of a session longer, once for each contract: what is left, as just read, and the
 * extension go out as one duration.
 * @throws ProgramError when the session cannot be read; then nothing was sent.
 */
export async function extendAcw(
  deps: FollowDeps,
  sessionId: string,
  seconds: number,
  person: string,
  signal?: AbortSignal,
): Promise<AcwExtend> {
  const contract = await settled(deps, sessionId, signal);
  if (contract === undefined)
    return refused('no_contract', 'nobody enforces after-call work of this session');
  if (contract.extension.status !== 'none') {
    return refused('already_extended', 'its after-call work was extended before, which is done once');
  }
  if (contract.status !== 'running') {
    return refused('not_in_acw', `its contract is ${contract.status}, so there is nothing to extend`);
  }
  const timer = await readTimer(deps, sessionId, signal);
  if (timer === undefined) return refused('not_in_acw', 'the session is not in after-call work with a timer');
  const begun = await begin(deps, contract, seconds, timer, person);
  if (!begun) return refused('already_extended', 'somebody else was faster');
  return send(deps, contract, seconds, timer, person, signal);
}

interface Timer {
  readonly at: Instant;
  readonly remainingSeconds: number;
}

/** The contract, once it is known whether it runs. */
async function settled(
  deps: FollowDeps,
  sessionId: string,
  signal: AbortSignal | undefined,
): Promise<AcwContract | undefined> {
  const contract = await deps.store.readContract(sessionId);
  if (contract?.status !== 'unknown') return contract;
  return followContract(deps, contract, contract.createdAt, signal);
}

async function readTimer(
  deps: AcwDeps,
  sessionId: string,
  signal: AbortSignal | undefined,
): Promise<Timer | undefined> {
  const { session, at } = await readSessionNow(deps, sessionId, signal);
  if (session?.state !== 'acw' || session.acwRemainingSeconds === undefined) return undefined;
  return { at, remainingSeconds: session.acwRemainingSeconds };
}

async function begin(
  deps: AcwDeps,
  contract: AcwContract,
  seconds: number,
  timer: Timer,
  person: string,
): Promise<boolean> {
  const sent: AcwSending = { times: 1, at: deps.clock.now(), timerBefore: timerEndOf(timer) };
  const step: ContractStep = {
    status: 'running',
    extension: { seconds, status: 'sending', sent },
    owner: deps.owner.name,
  };
  const audit = acwAudit(deps, contract, person, 'acw_sent', {
    why: `${seconds} s more, once`,
    read: { acwRemaining: timer.remainingSeconds },
    sent: extension(contract, seconds, timer).document,
  });
  return deps.store.stepContract(contract.sessionId, 'running', step, audit);
}

function extension(contract: AcwContract, seconds: number, { remainingSeconds }: Timer) {
  const { type, reasonCode } = contract;
  const terms = { durationSeconds: extendedSeconds(remainingSeconds, seconds), type, reasonCode };
  const key = `${contract.key}-extension`;
  return { terms, key, document: sentTerms(terms, key) };
}

async function send(
  deps: FollowDeps,
  contract: AcwContract,
  seconds: number,
  first: Timer,
  person: string,
  signal: AbortSignal | undefined,
): Promise<AcwExtend> {
  let timer = first;
  for (let tries = 1; ; tries++) {
    const sentAt = deps.clock.now();
    const { terms, key, document } = extension(contract, seconds, timer);
    const answer = await deps.vendor.writeAcw(contract.sessionId, terms, key, signal);
    const wasNotTaken = answer.outcome === 'unauthorized' || answer.outcome === 'not_taken';
    const next =
      wasNotTaken && tries < MOST_TRIES
        ? await readTimer(deps, contract.sessionId, signal).catch(() => undefined)
        : undefined;
    if (next === undefined) {
      return book(deps, contract, seconds, sentAt + terms.durationSeconds * 1000, person, answer);
    }
    timer = next;
    const why = 'the vendor did not take it; read again and sent again';
    const read = { acwRemaining: timer.remainingSeconds };
    const sent = { before: document, now: extension(contract, seconds, timer).document };
    await deps.store.recordAudit([acwAudit(deps, contract, person, 'acw_sent', { why, read, sent, answer })]);
  }
}

async function book(
  deps: FollowDeps,
  contract: AcwContract,
  seconds: number,
  endsAt: Instant,
  person: string,
  answer: TakenAnswer,
): Promise<AcwExtend> {
  const status = statusAfter(answer);
  const why = answer.outcome === 'taken' ? `${seconds} s more` : answer.reason;
  const step: ContractStep = {
    status: 'running',
    extension: { seconds, status },
    ...(status === 'applied' && { endsAt }),
  };
  const audit = acwAudit(deps, contract, person, 'acw_extended', { why, answer });
  await deps.store.stepContract(contract.sessionId, 'running', step, audit);
  const stands = (await deps.store.readContract(contract.sessionId)) ?? contract;
  if (status === 'refused') return refused('acw_refused', why);
  return { outcome: 'extended', contract: stands };
}

function statusAfter({ outcome }: TakenAnswer): 'applied' | 'unknown' | 'refused' {
  if (outcome === 'taken') return 'applied';
  return outcome === 'unknown' ? 'unknown' : 'refused';
}

function refused(code: Extract<AcwExtend, { outcome: 'refused' }>['code'], why: string): AcwExtend {
  return { outcome: 'refused', code, why };
}
