import { describe, expect, it } from 'vitest';
import {
  FINDING_KINDS,
  FINDING_STATUSES,
  type FindingKind,
  type FindingStatus,
} from '../../src/domain/finding.ts';
import {
  extentMs,
  firstStatus,
  isCorrectable,
  type Rejudged,
  statusAgain,
  wantedClaims,
} from '../../src/domain/finding-life.ts';
import { DEFAULT_POLICY } from '../../src/domain/policy.ts';
import { drift, missing, piece, t } from '../support/rows.ts';

const ADJUST = { ...DEFAULT_POLICY, shiftBandPolicy: 'adjust' as const };
const ALL = { ...ADJUST, correctKinds: new Set<FindingKind>(FINDING_KINDS) };
const late = drift(t('09:00:00'), t('09:00:05'));
const atShift = drift(t('09:00:00'), t('09:00:05'), {
  shift: { shiftId: 's1', edge: 'start', edgeAt: t('09:00:00'), offsetMs: 0 },
});
const missingAtShift = missing(t('09:00:00'), t('09:00:05'), { shift: atShift.shift });

describe('what can be corrected', () => {
  it('are the kinds in which the log says what was', () => {
    expect(FINDING_KINDS.filter(isCorrectable)).toEqual([
      'boundary_drift',
      'state_mismatch',
      'missing_in_report',
    ]);
  });
});

describe('the status that a finding begins with', () => {
  it.each([
    ['a drift', late, DEFAULT_POLICY, 'open'],
    [
      'a drift, when nothing is corrected by itself',
      late,
      { ...DEFAULT_POLICY, correctKinds: new Set<FindingKind>() },
      'in_review',
    ],
    ['a drift in the shift band', atShift, DEFAULT_POLICY, 'in_review'],
    ['a drift in the shift band, policy adjust', atShift, ADJUST, 'open'],
    ['missing time', missing(t('09:00:00'), t('09:00:05')), DEFAULT_POLICY, 'in_review'],
    ['missing time, when policy corrects it', missing(t('09:00:00'), t('09:00:05')), ALL, 'open'],
    ['missing time in the shift band, whatever the policy', missingAtShift, ALL, 'in_review'],
  ] as const)('%s', (_, finding, policy, status) => {
    expect(firstStatus(finding, policy)).toBe(status);
  });

  it('is review for every kind that has nothing to correct from, whatever the policy', () => {
    for (const kind of FINDING_KINDS.filter((one) => !isCorrectable(one))) {
      expect(firstStatus({ ...late, kind }, ALL)).toBe('in_review');
    }
  });
});

describe('the extent of a finding', () => {
  it('is what its pieces add up to', () => {
    expect(extentMs({ pieces: [] })).toBe(0);
    const pieces = [piece(t('09:00:00'), t('09:00:05')), piece(t('09:00:07'), t('09:00:10'))];
    expect(extentMs({ pieces })).toBe(8_000);
  });
});

describe('the status of a finding that is still there', () => {
  /** The finding lasts five seconds now. */
  const was = (status: FindingStatus, more: Partial<Rejudged> = {}): Rejudged => ({
    status,
    reviewedMs: undefined,
    hasCorrections: false,
    extentMs: 5_000,
    ...more,
  });

  const same = {};
  const byThreshold = { extentMs: 3_000 };
  const byMore = { extentMs: 2_999 };
  const shrunkByMore = { extentMs: 7_001 };
  const corrected = { hasCorrections: true };

  it.each<[FindingStatus, Partial<Rejudged>, FindingStatus]>([
    ['open', same, 'open'],
    ['open', byMore, 'open'],
    ['open', corrected, 'open'],
    ['in_review', same, 'open'],
    ['in_review', corrected, 'in_review'],
    ['approved', same, 'approved'],
    ['approved', byMore, 'approved'],
    ['approved', corrected, 'approved'],
    ['dismissed', same, 'dismissed'],
    ['dismissed', byThreshold, 'dismissed'],
    ['dismissed', byMore, 'in_review'],
    ['dismissed', shrunkByMore, 'in_review'],
    ['dismissed', corrected, 'dismissed'],
    ['corrected', same, 'corrected'],
    ['corrected', byMore, 'corrected'],
    ['corrected', corrected, 'corrected'],
    ['resolved', same, 'open'],
    ['resolved', corrected, 'corrected'],
    ['held', same, 'held'],
    ['held', byMore, 'held'],
    ['failed', same, 'failed'],
    ['failed', byThreshold, 'failed'],
    ['failed', byMore, 'open'],
    ['failed', shrunkByMore, 'open'],
  ])('%s, %o: %s', (status, more, after) => {
    expect(statusAgain(late, was(status, more), DEFAULT_POLICY)).toBe(after);
  });

  it('goes to review when policy no longer corrects it by itself', () => {
    const policy = { ...DEFAULT_POLICY, correctKinds: new Set<FindingKind>() };
    expect(statusAgain(late, was('open'), policy)).toBe('in_review');
    expect(statusAgain(late, was('resolved'), policy)).toBe('in_review');
  });

  it('is held against the extent that a person saw, not against the last one', () => {
    const crept = { reviewedMs: 2_999, extentMs: 4_500 };
    expect(statusAgain(late, was('dismissed', crept), DEFAULT_POLICY)).toBe('in_review');
    const back = { reviewedMs: 5_000, extentMs: 1_000 };
    expect(statusAgain(late, was('dismissed', back), DEFAULT_POLICY)).toBe('dismissed');
  });
});

describe('what a finding asks to have corrected', () => {
  const wanting: readonly FindingStatus[] = ['open', 'approved', 'corrected'];

  it.each(FINDING_STATUSES.map((status) => [status, wanting.includes(status)] as const))(
    '%s: %s',
    (status, wants) => {
      const claims = [{ start: t('09:00:00'), end: t('09:00:05'), state: 'acw' }];
      expect(wantedClaims(late, status)).toEqual(wants ? claims : []);
    },
  );

  it('is nothing for a kind that has nothing to correct from', () => {
    expect(wantedClaims({ ...late, kind: 'missing_in_log' }, 'approved')).toEqual([]);
  });
});
