import { unheldClaims } from '../domain/claims.ts';
import type { CorrectionState, LedgerEntry } from '../domain/correction.ts';
import { isUnsent } from '../domain/correction.ts';
import { ProgramError } from '../domain/errors.ts';
import type { FindingStatus } from '../domain/finding.ts';
import { extentMs, wantedClaims } from '../domain/finding-life.ts';
import { saidClaims } from '../domain/log-support.ts';
import type { Policy } from '../domain/policy.ts';
import { keyedCorrection } from './identity.ts';
import type { Decision, ReviewEvidence, ReviewStore, ReviewWrite, StoredFinding, Vendor } from './ports.ts';

/** A finding that changes under a decision this often in a row is being judged; the person tries again. */
const MAX_TRIES = 5;

export type Verdict = 'approve' | 'dismiss';

/** From which statuses a person may decide; what a breaker holds is released or dropped with its run. */
const DECIDABLE: Readonly<Record<Verdict, readonly FindingStatus[]>> = {
  // What the vendor has refused for good would only be refused again.
  approve: ['in_review', 'dismissed'],
  dismiss: ['in_review', 'approved', 'open', 'failed'],
};

/** Whether a person may decide on a finding at all, one way or the other. */
export function isDecidable({ status }: Pick<StoredFinding, 'status'>): boolean {
  return Object.values(DECIDABLE).some((from) => from.includes(status));
}

export interface ReviewDeps {
  readonly store: Pick<ReviewStore, 'readReview' | 'commitReview'>;
  readonly vendor: Pick<Vendor, 'adjustmentBody'>;
  readonly policy: Policy;
}

/** What a decision came to. */
export interface Reviewed {
  readonly findingId: string;
  readonly status: FindingStatus;
  readonly corrections: number;
  readonly takeBacks: number;
}

/**
 * A person decides on a finding (reconciliation.md 5). Approving has it corrected, or its correction taken back
 * where that was what the person was asked; dismissing lets everything stay as it is.
 * @throws ProgramError `not_found`, `not_allowed` when its status leaves nothing to decide, `invalid_argument`
 *   when a dismissal has no note.
 */
export async function reviewFinding(
  deps: ReviewDeps,
  findingId: string,
  verdict: Verdict,
  decision: Decision,
): Promise<Reviewed> {
  if (verdict === 'dismiss' && (decision.note ?? '').trim() === '') {
    throw new ProgramError('invalid_argument', 'a dismissal needs a note that says why');
  }
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const evidence = await deps.store.readReview(findingId);
    if (evidence === undefined) throw new ProgramError('not_found', `there is no finding ${findingId}`);
    requireDecidable(evidence.finding, verdict);
    const write = verdict === 'approve' ? approval(deps, evidence) : dismissal(evidence);
    if (await deps.store.commitReview(write, decision)) return reviewed(write);
  }
  throw new ProgramError('not_allowed', `finding ${findingId} is being judged right now; try again`);
}

function requireDecidable({ findingId, status }: StoredFinding, verdict: Verdict): void {
  if (DECIDABLE[verdict].includes(status)) return;
  const hint = status === 'held' ? 'Its run is held: release or drop the run.' : undefined;
  throw new ProgramError('not_allowed', `finding ${findingId} is ${status}: there is nothing to ${verdict}`, {
    ...(hint !== undefined && { hint }),
  });
}

function approval({ policy, vendor }: ReviewDeps, evidence: ReviewEvidence): ReviewWrite {
  const { finding, version, ledger, log } = evidence;
  const takeBacks = ownAsked(finding, ledger);
  // Time that is to be taken back first is still held; the run after that makes what is to stand there.
  const claims = saidClaims(wantedClaims(finding, 'approved'), log, policy);
  const corrections = unheldClaims(claims, ledger, policy.thresholdMs).map((claim) => ({
    ...keyedCorrection(finding.userId, claim, ledger, vendor),
    findingId: finding.findingId,
  }));
  const hasNothingLeft = takeBacks.length === 0 && corrections.length === 0;
  const isCorrected = hasNothingLeft && claims.length > 0 && !hasUnsettled(finding, ledger);
  return {
    findingId: finding.findingId,
    version,
    status: isCorrected ? 'corrected' : 'approved',
    reviewedMs: extentMs(finding),
    corrections,
    withdrawals: [],
    takeBacks,
    keeps: [],
  };
}

function dismissal({ finding, version, ledger }: ReviewEvidence): ReviewWrite {
  const own = ledger.filter(({ findingId }) => findingId === finding.findingId);
  return {
    findingId: finding.findingId,
    version,
    status: 'dismissed',
    reviewedMs: extentMs(finding),
    corrections: [],
    withdrawals: own.filter(({ status }) => isUnsent(status)).map(({ correctionId }) => correctionId),
    takeBacks: [],
    keeps: ownAsked(finding, ledger),
  };
}

/** The corrections of this finding that a person is asked to take back. */
function ownAsked({ findingId }: StoredFinding, ledger: readonly LedgerEntry[]): string[] {
  return ledger
    .filter((entry) => entry.findingId === findingId && entry.takeBackAsked && entry.status === 'delivered')
    .map(({ correctionId }) => correctionId);
}

const UNSETTLED: ReadonlySet<CorrectionState> = new Set([
  'proposed',
  'waiting',
  'sending',
  'unknown',
  'held',
]);

function hasUnsettled({ findingId }: StoredFinding, ledger: readonly LedgerEntry[]): boolean {
  return ledger.some((entry) => entry.findingId === findingId && UNSETTLED.has(entry.status));
}

function reviewed({ findingId, status, corrections, takeBacks }: ReviewWrite): Reviewed {
  return { findingId, status, corrections: corrections.length, takeBacks: takeBacks.length };
}
