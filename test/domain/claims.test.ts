import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { claimsOf, subtract, unheldClaims, unsupportedMs } from '../../src/domain/claims.ts';
import { CORRECTION_STATES, holdsTime } from '../../src/domain/correction.ts';
import { held, piece, t } from '../support/rows.ts';

const THRESHOLD_MS = 2_000;
const claim = { start: t('09:00:00'), end: t('09:01:00'), state: 'acw' };

describe('what a finding claims', () => {
  it('is one claim of touching pieces with the same logged state, whatever the report shows', () => {
    const pieces = [
      piece(t('09:00:00'), t('09:00:10'), 'acw', 'talking'),
      piece(t('09:00:10'), t('09:00:30'), 'acw', 'available'),
    ];
    expect(claimsOf(pieces)).toEqual([{ start: t('09:00:00'), end: t('09:00:30'), state: 'acw' }]);
  });

  it('is cut where the logged state changes and where pieces do not touch', () => {
    const pieces = [
      piece(t('09:00:00'), t('09:00:10'), 'acw'),
      piece(t('09:00:10'), t('09:00:20'), 'available'),
      piece(t('09:00:21'), t('09:00:30'), 'available'),
    ];
    expect(claimsOf(pieces)).toEqual([
      { start: t('09:00:00'), end: t('09:00:10'), state: 'acw' },
      { start: t('09:00:10'), end: t('09:00:20'), state: 'available' },
      { start: t('09:00:21'), end: t('09:00:30'), state: 'available' },
    ]);
  });

  it('is nothing where the log has no say', () => {
    expect(
      claimsOf([{ start: t('09:00:00'), end: t('09:00:10'), loggedState: undefined, reportedState: 'x' }]),
    ).toEqual([]);
  });
});

describe('what of a claim is sent', () => {
  it('is all of it while no correction holds its time', () => {
    expect(unheldClaims([claim], [], THRESHOLD_MS)).toEqual([claim]);
    expect(unheldClaims([claim], [held(t('08:00:00'), t('09:00:00'))], THRESHOLD_MS)).toEqual([claim]);
    expect(unheldClaims([claim], [held(t('09:01:00'), t('09:02:00'))], THRESHOLD_MS)).toEqual([claim]);
  });

  it('is nothing of what a correction holds, and both sides of one in the middle', () => {
    expect(unheldClaims([claim], [held(t('09:00:00'), t('09:01:00'))], THRESHOLD_MS)).toEqual([]);
    expect(unheldClaims([claim], [held(t('09:00:20'), t('09:00:30'))], THRESHOLD_MS)).toEqual([
      { start: t('09:00:00'), end: t('09:00:20'), state: 'acw' },
      { start: t('09:00:30'), end: t('09:01:00'), state: 'acw' },
    ]);
  });

  it('is no crumb of up to the threshold beside held time', () => {
    expect(unheldClaims([claim], [held(t('09:00:00'), t('09:00:58'))], THRESHOLD_MS)).toEqual([]);
    expect(unheldClaims([claim], [held(t('09:00:00'), t('09:00:57.999'))], THRESHOLD_MS)).toEqual([
      { start: t('09:00:57.999'), end: t('09:01:00'), state: 'acw' },
    ]);
  });

  it('may be short when the claim itself is: a claim is a part of a longer finding', () => {
    const short = { start: t('09:00:00'), end: t('09:00:01'), state: 'acw' };
    expect(unheldClaims([short], [], THRESHOLD_MS)).toEqual([short]);
  });

  it('is nothing where another state holds the time: that correction has to go first', () => {
    const other = held(t('09:00:30'), t('09:02:00'), { state: 'break' });
    expect(unheldClaims([claim], [other], THRESHOLD_MS)).toEqual([
      { start: t('09:00:00'), end: t('09:00:30'), state: 'acw' },
    ]);
  });

  it.each(CORRECTION_STATES.map((status) => [status, holdsTime(status)] as const))(
    'takes a correction that is %s into account: %s',
    (status, isHeld) => {
      const ledger = [held(t('09:00:00'), t('09:01:00'), { status })];
      expect(unheldClaims([claim], ledger, THRESHOLD_MS)).toEqual(isHeld ? [] : [claim]);
    },
  );
});

describe('how much of a correction is not supported', () => {
  const correction = held(t('09:00:00'), t('09:01:00'));

  it('is what no claim of its state covers', () => {
    const claims = [
      { start: t('08:59:00'), end: t('09:00:20'), state: 'acw' },
      { start: t('09:00:30'), end: t('09:00:40'), state: 'acw' },
      { start: t('09:00:40'), end: t('09:01:00'), state: 'break' },
    ];
    expect(unsupportedMs(correction, claims)).toBe(30_000);
    expect(unsupportedMs(correction, [])).toBe(60_000);
    expect(unsupportedMs(correction, [claim])).toBe(0);
  });
});

describe('an interval without another one', () => {
  const span = fc
    .tuple(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 1, max: 20 }))
    .map(([start, length]) => ({ start, end: start + length }));

  it('holds just the instants that the other one does not', () => {
    fc.assert(
      fc.property(span, span, fc.integer({ min: 0, max: 40 }), (from, taken, at) => {
        const isIn = ({ start, end }: { start: number; end: number }) => start <= at && at < end;
        const rest = subtract(from, taken);
        expect(rest.some(isIn)).toBe(isIn(from) && !isIn(taken));
        expect(rest.every(({ start, end }) => start < end)).toBe(true);
      }),
    );
  });
});
