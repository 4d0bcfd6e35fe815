import { describe, expect, it } from 'vitest';
import { type Carry, carryInto, type StoredFinding } from '../../src/domain/carry.ts';
import { DEFAULT_POLICY } from '../../src/domain/policy.ts';
import { drift, missing, piece, QUARTER, stored, t } from '../support/rows.ts';

/** The window is a quarter from nine; what ends four minutes after a window's end is not over for it. */
function carry(...findings: StoredFinding[]): Carry {
  return carryInto(QUARTER, findings, DEFAULT_POLICY);
}

function carried(finding: StoredFinding) {
  const { head, tail, owned } = carry(finding).carried[0]!;
  const times = (pieces: typeof head) => pieces.map(({ start, end }) => [start, end]);
  return { head: times(head), tail: times(tail), owned };
}

function run(start: string, end: string, more: Partial<StoredFinding> = {}): StoredFinding {
  return stored(missing(t(start), t(end)), more);
}

describe('what a window may replace of what is stored', () => {
  it('is all of a finding that began in it and was over for it, beyond its end if need be', () => {
    expect(carried(run('09:05:00', '09:10:00'))).toEqual({ head: [], tail: [], owned: true });
    expect(carried(run('09:05:00', '09:18:59.999'))).toEqual({ head: [], tail: [], owned: true });
    expect(carry(run('09:05:00', '09:18:59.999')).recorded).toEqual([]);
  });

  it('is the part up to its end of one that was not over for it', () => {
    expect(carried(run('09:05:00', '09:19:00'))).toEqual({
      head: [],
      tail: [[t('09:15:00'), t('09:19:00')]],
      owned: true,
    });
  });

  it('is nothing of one that begins at its end or later', () => {
    expect(carried(run('09:15:00', '09:16:00'))).toEqual({
      head: [],
      tail: [[t('09:15:00'), t('09:16:00')]],
      owned: false,
    });
  });

  it('is nothing of one that was over for the window before', () => {
    expect(carried(run('08:50:00', '09:03:59.999'))).toEqual({
      head: [[t('08:50:00'), t('09:03:59.999')]],
      tail: [],
      owned: false,
    });
  });

  it('is the part from its start on of one that was not over for the window before', () => {
    expect(carried(run('08:50:00', '09:04:00'))).toEqual({
      head: [[t('08:50:00'), t('09:00:00')]],
      tail: [],
      owned: true,
    });
  });

  it('is what lies between its ends of one that reaches beyond both', () => {
    expect(carried(run('08:50:00', '09:30:00'))).toEqual({
      head: [[t('08:50:00'), t('09:00:00')]],
      tail: [[t('09:15:00'), t('09:30:00')]],
      owned: true,
    });
  });

  it('is what comes after the start of one that the window before cut there', () => {
    const cut = run('08:50:00', '09:00:00', { cutAt: t('09:00:00') });
    expect(carried(cut)).toEqual({ head: [[t('08:50:00'), t('09:00:00')]], tail: [], owned: true });
    const over = run('08:50:00', '09:00:00');
    expect(carried(over)).toEqual({ head: [[t('08:50:00'), t('09:00:00')]], tail: [], owned: false });
  });

  it('is all of a finding about a transition or a duration in it, and nothing of another', () => {
    const near = { group: 'shift', kind: 'near_shift_boundary', pieces: [] } as const;
    const wrong = { group: 'duration', kind: 'duration_mismatch' } as const;
    for (const more of [near, wrong]) {
      expect(carried(run('09:00:00', '09:30:00', more)).owned).toBe(true);
      expect(carried(run('09:14:59.999', '09:30:00', more)).owned).toBe(true);
      expect(carried(run('09:15:00', '09:30:00', more)).owned).toBe(false);
      expect(carried(run('08:59:59.999', '09:30:00', more)).owned).toBe(false);
      expect(carry(run('09:00:00', '09:30:00', more)).recorded).toEqual([]);
    }
  });

  it('is what it was of one of which an earlier one has taken the front', () => {
    const pieces = [piece(t('09:15:30'), t('09:17:00'))];
    expect(carried(run('09:14:00', '09:17:00', { pieces }))).toEqual({ head: [], tail: [], owned: true });
    const begun = run('08:58:00', '09:02:00', { pieces: [piece(t('09:00:30'), t('09:02:00'))] });
    expect(carried(begun)).toEqual({ head: [], tail: [], owned: true });
  });

  it('is nothing of a finding that is resolved', () => {
    const resolved = run('09:05:00', '09:30:00', { status: 'resolved' });
    expect(carried(resolved)).toEqual({ head: [], tail: [], owned: false });
    expect(carry(resolved).recorded).toEqual([]);
  });

  it('is a finding without pieces when its instant lies in it', () => {
    expect(carried(run('09:05:00', '09:05:00', { pieces: [] }))).toEqual({ head: [], tail: [], owned: true });
    expect(carried(run('09:15:00', '09:15:00', { pieces: [] })).owned).toBe(false);
  });
});

describe('what a window has to know of the others', () => {
  it('is the time that earlier ones recorded, under the finding that it would continue', () => {
    const finding = run('08:50:00', '09:30:00', { findingId: 'f1' });
    expect(carry(finding)).toMatchObject({
      window: QUARTER,
      recorded: [
        {
          findingId: 'f1',
          group: 'run',
          kind: 'missing_in_report',
          instant: t('08:50:00'),
          end: t('09:00:00'),
          cutAt: t('09:00:00'),
          pieces: [piece(t('08:50:00'), t('09:00:00'))],
        },
      ],
    });
  });

  it('is where a finding ends that is not its own', () => {
    const before = run('08:50:00', '09:03:00');
    expect(carry(before).recorded).toMatchObject([{ end: t('09:03:00'), cutAt: undefined }]);
  });

  it('is nothing of what later ones recorded', () => {
    const begun = run('09:05:00', '09:30:00', { cutAt: t('09:30:00') });
    const after = run('09:15:00', '09:30:00', { cutAt: t('09:30:00') });
    expect(carry(begun, after).recorded).toEqual([]);
  });

  it('leaves out pieces that do not reach the part', () => {
    const pieces = [piece(t('08:50:00'), t('08:51:00')), piece(t('09:05:00'), t('09:06:00'))];
    const pair = stored(drift(t('08:50:00'), t('08:51:00'), { pieces }));
    expect(carry(pair).recorded).toMatchObject([{ end: t('08:51:00'), pieces: pieces.slice(0, 1) }]);
  });

  it('is that it was cut at its start only where it ends just there', () => {
    const pieces = [piece(t('08:50:00'), t('08:51:00')), piece(t('09:05:00'), t('09:30:00'))];
    expect(carry(run('08:50:00', '09:30:00', { pieces })).recorded).toMatchObject([
      { end: t('08:51:00'), cutAt: undefined },
    ]);
  });
});
