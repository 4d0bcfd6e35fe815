import { type Carried, type Carry, type StoredFinding, takeBehind } from './carry.ts';
import { unheldClaims, unsupportedMs } from './claims.ts';
import { type Claim, holdsTime, isUnsent, type LedgerEntry } from './correction.ts';
import type { Finding, FindingStatus } from './finding.ts';
import { extentMs, firstStatus, statusAgain, wantedClaims } from './finding-life.ts';
import { type LogSupport, takeBackChanges } from './log-support.ts';
import { isSame, withPieces } from './pieces.ts';
import type { Policy } from './policy.ts';
import type { Window } from './window.ts';
import type { JudgedFinding } from './window-share.ts';

/** A finding that a verdict adds, changes, resolves or leaves as it was. */
export interface FindingChange {
  readonly change: 'new' | 'changed' | 'resolved' | 'unchanged';
  readonly findingId: string;
  readonly finding: Finding;
  readonly status: FindingStatus;
  readonly previousStatus: FindingStatus | undefined;
  readonly why: string;
}

/** What a window's verdict makes of an agent's findings and corrections. */
export interface Settlement {
  readonly findings: readonly FindingChange[];
  readonly corrections: readonly (Claim & { readonly findingId: string })[];
  readonly withdrawals: readonly { readonly correctionId: string; readonly why: string }[];
  /** Corrections at the vendor whose taking back is now asked for, or no longer. */
  readonly takeBacks: readonly { readonly correctionId: string; readonly asked: boolean }[];
}

/** The identity of a finding as an id (reconciliation.md 4). */
export type IdOf = (finding: Pick<Finding, 'kind' | 'instant'>) => string;

/** Joins a verdict with what was recorded, and derives what is to be corrected (reconciliation.md 4 and 5). */
export function settle(
  verdict: readonly JudgedFinding[],
  carry: Carry,
  ledger: readonly LedgerEntry[],
  support: LogSupport,
  policy: Policy,
  idOf: IdOf,
): Settlement {
  const { unsupported } = support;
  const claimed = claimsIn(carry.window, support);
  const taken = takeBehind(verdict, carry);
  const judged = mergeByTarget(taken.verdict, idOf);
  const known = new Map(taken.carried.map((carried) => [carried.stored.findingId, carried]));
  const changes: FindingChange[] = [];
  for (const [findingId, findings] of judged) {
    const before = known.get(findingId);
    changes.push(
      before === undefined
        ? added(findingId, findings, claimed, ledger, policy)
        : rejudged(findings, before, claimed, ledger, policy),
    );
  }
  for (const carried of taken.carried) {
    if (carried.owned && !judged.has(carried.stored.findingId)) changes.push(gone(carried));
  }
  const takeBacks = takeBackChanges(ledger, unsupported, carry.window);
  const findings = withLapsed(withTakeBacks(changes, carry, ledger, unsupported), ledger, takeBacks);
  return { findings, ...correct(findings, claimed, ledger, policy), takeBacks };
}

/** What a finding in a status asks to have corrected, as far as the log still says it. */
type Claimed = (finding: Finding, status: FindingStatus) => readonly Claim[];

/** What is claimed inside the window was just judged: of that the log need not be asked again. */
function claimsIn(window: Window, { said }: LogSupport): Claimed {
  return (finding, status) => {
    const claims = wantedClaims(finding, status);
    const isJudged = claims.every(({ start, end }) => start >= window.from && end <= window.to);
    return isJudged ? claims : said(claims);
  };
}

/** A finding that was in review only for taking its correction back is corrected again when nobody asks any more. */
function withLapsed(
  changes: readonly FindingChange[],
  ledger: readonly LedgerEntry[],
  takeBacks: Settlement['takeBacks'],
): FindingChange[] {
  const lapsed = new Set(takeBacks.filter(({ asked }) => !asked).map(({ correctionId }) => correctionId));
  const findingIds = new Set(
    ledger.filter(({ correctionId }) => lapsed.has(correctionId)).map(({ findingId }) => findingId),
  );
  return changes.map((change) =>
    findingIds.has(change.findingId) && change.status === 'in_review'
      ? { ...change, change: 'changed', status: 'corrected', why: 'the log supports its correction again' }
      : change,
  );
}

/** A finding whose delivered correction the log no longer supports goes to review, whatever else became of it. */
function withTakeBacks(
  changes: readonly FindingChange[],
  carry: Carry,
  ledger: readonly LedgerEntry[],
  unsupported: ReadonlySet<string>,
): FindingChange[] {
  const asked = ledger.filter(
    ({ correctionId, status }) => status === 'delivered' && unsupported.has(correctionId),
  );
  const findingIds = new Set(asked.map(({ findingId }) => findingId));
  if (findingIds.size === 0) return [...changes];
  const untouched = carry.carried
    .filter(({ stored }) => findingIds.has(stored.findingId))
    .filter(({ stored }) => !changes.some(({ findingId }) => findingId === stored.findingId))
    .map(({ stored }) => kept(stored));
  return [...changes, ...untouched].map((change) =>
    findingIds.has(change.findingId) ? reviewed(change) : change,
  );
}

function kept(stored: StoredFinding): FindingChange {
  const { findingId, status, pieces, cutAt } = stored;
  const finding = withPieces(stored, pieces, cutAt);
  return { change: 'unchanged', findingId, finding, status, previousStatus: status, why: '' };
}

function reviewed(change: FindingChange): FindingChange {
  if (change.previousStatus === 'in_review' && change.change === 'unchanged') return change;
  const why = 'the log no longer says what its correction claims; approving takes the correction back';
  return { ...change, change: change.change === 'new' ? 'new' : 'changed', status: 'in_review', why };
}

function mergeByTarget(verdict: readonly JudgedFinding[], idOf: IdOf): Map<string, Finding[]> {
  const judged = new Map<string, Finding[]>();
  for (const { finding, continues } of verdict) {
    const id = continues ?? idOf(finding);
    const same = judged.get(id);
    if (same === undefined) judged.set(id, [finding]);
    else same.push(finding);
  }
  return judged;
}

function added(
  findingId: string,
  findings: readonly Finding[],
  claimed: Claimed,
  ledger: readonly LedgerEntry[],
  policy: Policy,
): FindingChange {
  const finding = withPieces(
    findings[0] as Finding,
    findings.flatMap((part) => part.pieces),
    (findings.at(-1) as Finding).cutAt,
  );
  const status = asHeld(finding, firstStatus(finding, policy), claimed, ledger, policy);
  return { change: 'new', findingId, finding, status, previousStatus: undefined, why: 'found' };
}

function rejudged(
  findings: readonly Finding[],
  { stored, head, tail }: Carried,
  claimed: Claimed,
  ledger: readonly LedgerEntry[],
  policy: Policy,
): FindingChange {
  const base = head.length > 0 ? stored : (findings[0] as Finding);
  const pieces = [...head, ...findings.flatMap((part) => part.pieces), ...tail];
  const { cutAt } = tail.length > 0 ? stored : (findings.at(-1) as Finding);
  const finding = withPieces(base, pieces, cutAt);
  const hasCorrections = ledger.some(
    (entry) => entry.findingId === stored.findingId && holdsTime(entry.status),
  );
  const before = {
    status: stored.status,
    reviewedMs: stored.reviewedMs,
    hasCorrections,
    extentMs: extentMs(stored),
  };
  const again = asHeld(finding, statusAgain(finding, before, policy), claimed, ledger, policy);
  const status = isRefused(finding, again, claimed, ledger) ? 'failed' : again;
  const same = status === stored.status && isSame(finding, stored);
  return {
    change: same ? 'unchanged' : 'changed',
    findingId: stored.findingId,
    finding,
    status,
    previousStatus: stored.status,
    why: stored.status === 'resolved' ? 'found again' : 'judged again',
  };
}

/**
 * A corrected finding that grew beyond what its corrections hold begins again; one that would be corrected is so
 * already when the vendor has all that it claims, as from a finding that stood in its place before.
 */
function asHeld(
  finding: Finding,
  status: FindingStatus,
  claimed: Claimed,
  ledger: readonly LedgerEntry[],
  policy: Policy,
): FindingStatus {
  const claims = claimed(finding, status);
  if (status === 'corrected') {
    return unheldClaims(claims, ledger, policy.thresholdMs).length > 0
      ? firstStatus(finding, policy)
      : status;
  }
  return status === 'open' && claims.length > 0 && isDelivered(claims, ledger, policy) ? 'corrected' : status;
}

function isDelivered(claims: readonly Claim[], ledger: readonly LedgerEntry[], policy: Policy): boolean {
  const delivered = ledger.filter(({ status }) => status === 'delivered');
  return claims.every((claim) => {
    const same = delivered.filter(({ state }) => state === claim.state);
    return unheldClaims([claim], same, policy.thresholdMs).length === 0;
  });
}

/** What the vendor has refused for good is not sent again, though the finding has come back to it. */
function isRefused(
  finding: Finding,
  status: FindingStatus,
  claimed: Claimed,
  ledger: readonly LedgerEntry[],
): boolean {
  const refused = ledger.filter((entry) => entry.status === 'refused');
  if (refused.length === 0) return false;
  return claimed(finding, status).some(({ start, end, state }) =>
    refused.some((entry) => entry.start === start && entry.end === end && entry.state === state),
  );
}

/** It was this window's and is no longer there: resolved, or cut back to what other windows recorded. */
function gone({ stored, head, tail }: Carried): FindingChange {
  const rest = [...head, ...tail];
  const common = { findingId: stored.findingId, previousStatus: stored.status };
  if (rest.length === 0) {
    const finding = withPieces(stored, stored.pieces, undefined);
    return {
      ...common,
      change: 'resolved',
      finding,
      status: 'resolved',
      why: 'no longer there when judged again',
    };
  }
  const finding = withPieces(stored, rest, tail.length > 0 ? stored.cutAt : undefined);
  const change = isSame(finding, stored) ? 'unchanged' : 'changed';
  return { ...common, change, finding, status: stored.status, why: 'partly no longer there' };
}

function correct(
  changes: readonly FindingChange[],
  claimed: Claimed,
  ledger: readonly LedgerEntry[],
  policy: Policy,
): Pick<Settlement, 'corrections' | 'withdrawals'> {
  const withdrawals: { correctionId: string; why: string }[] = [];
  const kept: LedgerEntry[] = [];
  // What a breaker holds is asked for, but not sent.
  const asked = changes.map(({ findingId, finding, status }) => {
    const isHeld = status === 'held';
    return { findingId, isHeld, claims: claimed(finding, isHeld ? 'open' : status) };
  });
  const claimsById = new Map(asked.map(({ findingId, claims }) => [findingId, claims]));
  for (const entry of ledger) {
    const claims = claimsById.get(entry.findingId);
    const lost =
      claims !== undefined && isUnsent(entry.status) && unsupportedMs(entry, claims) > policy.thresholdMs;
    if (lost)
      withdrawals.push({ correctionId: entry.correctionId, why: 'the evidence no longer asks for it' });
    else kept.push(entry);
  }
  const corrections: (Claim & { findingId: string })[] = [];
  for (const { findingId, isHeld, claims } of asked) {
    if (isHeld) continue;
    for (const claim of unheldClaims(claims, kept, policy.thresholdMs)) {
      corrections.push({ ...claim, findingId });
      kept.push({ ...claim, findingId, correctionId: '', status: 'proposed', takeBackAsked: false });
    }
  }
  return { corrections, withdrawals };
}
