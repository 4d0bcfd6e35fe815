import { claimsOf } from './claims.ts';
import type { Finding, FindingKind, FindingStatus } from './finding.ts';
import { totalMs } from './instant.ts';
import type { Policy } from './policy.ts';

/** The kinds that say what the agent's state really was, so that approving one has it corrected. */
export const CORRECTABLE_KINDS = [
  'boundary_drift',
  'missing_in_report',
  'state_mismatch',
] as const satisfies readonly FindingKind[];

const CORRECTABLE: ReadonlySet<FindingKind> = new Set(CORRECTABLE_KINDS);

/** Whether there is anything to correct from: the log has evidence (reconciliation.md 5). */
export function isCorrectable(kind: FindingKind): boolean {
  return CORRECTABLE.has(kind);
}

/** The status a finding begins with: what policy corrects is `open`, the rest waits for a person. */
export function firstStatus(finding: Finding, policy: Policy): FindingStatus {
  if (!isCorrectable(finding.kind) || !policy.correctKinds.has(finding.kind)) return 'in_review';
  if (finding.shift === undefined) return 'open';
  return finding.kind === 'boundary_drift' && policy.shiftBandPolicy === 'adjust' ? 'open' : 'in_review';
}

/** What the pieces of a finding add up to. */
export function extentMs(finding: Pick<Finding, 'pieces'>): number {
  return totalMs(finding.pieces);
}

/** What a finding has come to when it is judged again and still there. */
export interface Rejudged {
  readonly status: FindingStatus;
  /** Its extent when a person decided on it. */
  readonly reviewedMs: number | undefined;
  /** It has corrections that hold time. */
  readonly hasCorrections: boolean;
  readonly extentMs: number;
}

/**
 * The status of a finding that is judged again and still there. What a person or the vendor decided stands,
 * unless the finding's extent has changed by more than the threshold since.
 */
export function statusAgain(finding: Finding, before: Rejudged, policy: Policy): FindingStatus {
  const first = firstStatus(finding, policy);
  const now = extentMs(finding);
  const decidedOn = before.reviewedMs ?? before.extentMs;
  const hasMoved = Math.abs(now - decidedOn) > policy.thresholdMs;
  switch (before.status) {
    case 'open':
    case 'in_review':
      return before.hasCorrections ? before.status : first;
    case 'dismissed':
      return hasMoved ? 'in_review' : 'dismissed';
    case 'failed':
      return hasMoved ? first : 'failed';
    case 'resolved':
      return before.hasCorrections ? 'corrected' : first;
    case 'approved':
    case 'corrected':
    case 'held':
      return before.status;
  }
}

/** What a finding in this status asks to have corrected. */
export function wantedClaims(finding: Finding, status: FindingStatus): ReturnType<typeof claimsOf> {
  const wanted = status === 'open' || status === 'approved' || status === 'corrected';
  return wanted && isCorrectable(finding.kind) ? claimsOf(finding.pieces) : [];
}
