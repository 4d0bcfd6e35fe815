import type { AcwContract, AcwSending } from '../domain/acw.ts';
import { timerEndOf } from '../domain/acw-watch.ts';
import { type AcwDeps, acwAudit, sentTerms } from './acw-contract.ts';
import type { ContractStep, TakenAnswer } from './control-port.ts';
import { readSessionNow } from './read-acw.ts';

/** A token that is refused more often than this is none that has just expired. */
const MOST_RENEWALS = 2;

/** A contract whose terms are being sent, or have been. */
export type SentContract = AcwContract & { readonly sent: AcwSending };

export function isSent(contract: AcwContract): contract is SentContract {
  return contract.sent !== undefined;
}

/**
 * Sends a contract's terms, whose row says that this process does, and books what came back. After a 401, which took
 * no effect, the session is read again before they leave again. What nobody answered is `unknown`, until a reading of
 * the timer settles it.
 * @returns the contract as it stands then.
 */
export async function sendTerms(
  deps: AcwDeps,
  contract: SentContract,
  actor: string,
  signal?: AbortSignal,
): Promise<AcwContract> {
  let sending = contract;
  for (let renewals = 0; ; renewals++) {
    const answer = await deps.vendor.writeAcw(sending.sessionId, sending, sending.key, signal);
    const again =
      answer.outcome === 'unauthorized' && renewals < MOST_RENEWALS
        ? await afterRenewal(deps, sending, actor, answer, signal)
        : undefined;
    if (again === undefined) return book(deps, sending, actor, answer);
    if (again.status !== 'sending' || !isSent(again)) return again;
    sending = again;
  }
}

/** The contract, about to leave again or at its end; `undefined` when the session could not be read. */
async function afterRenewal(
  deps: AcwDeps,
  contract: SentContract,
  actor: string,
  answer: TakenAnswer,
  signal: AbortSignal | undefined,
): Promise<AcwContract | undefined> {
  const { store, clock, log } = deps;
  const reading = await readSessionNow(deps, contract.sessionId, signal).catch((err: unknown) => {
    signal?.throwIfAborted();
    log.warn({ err, session: contract.sessionId }, 'the session could not be read after a renewed token');
    return undefined;
  });
  if (reading === undefined) return undefined;
  const { session, at } = reading;
  const inAcw = session?.state === 'acw';
  const timerBefore = session && timerEndOf({ at, remainingSeconds: session.acwRemainingSeconds });
  const why = inAcw
    ? 'a renewed token; the session is still in after-call work'
    : 'the session left after-call work before the contract was taken';
  const step: ContractStep = inAcw
    ? { status: 'sending', sent: { ...contract.sent, at: clock.now(), timerBefore } }
    : { status: 'refused', why };
  const audit = acwAudit(deps, contract, actor, inAcw ? 'acw_sent' : 'acw_decided', {
    why,
    read: session ?? null,
    sent: inAcw ? sentTerms(contract, contract.key) : undefined,
    answer,
  });
  await store.stepContract(contract.sessionId, 'sending', step, audit);
  return store.readContract(contract.sessionId);
}

async function book(
  deps: AcwDeps,
  contract: SentContract,
  actor: string,
  answer: TakenAnswer,
): Promise<AcwContract> {
  const { sessionId } = contract;
  const step = stepAfter(answer, contract);
  const why = step.why ?? 'the vendor holds the timer';
  const audit = acwAudit(deps, contract, actor, 'acw_answered', { why, answer });
  await deps.store.stepContract(sessionId, 'sending', step, audit);
  return (await deps.store.readContract(sessionId)) ?? contract;
}

/** What the vendor surely did not take does not count, so that it is tried for as long as it is of use. */
function stepAfter(answer: TakenAnswer, { sent, durationSeconds }: SentContract): ContractStep {
  switch (answer.outcome) {
    case 'taken':
      return { status: 'running', endsAt: sent.at + durationSeconds * 1000 };
    case 'conflict':
    case 'refused':
      return { status: 'refused', why: answer.reason };
    case 'unknown':
      return { status: 'unknown', why: answer.reason };
    default:
      return { status: 'unknown', sent: { ...sent, times: Math.max(1, sent.times - 1) }, why: answer.reason };
  }
}
