import { describe, expect, it } from 'vitest';
import { CORRECTION_STATES, type CorrectionState, type LedgerEntry } from '../../src/domain/correction.ts';
import { saidClaims, takeBackChanges, unsupportedCorrections } from '../../src/domain/log-support.ts';
import { DEFAULT_POLICY } from '../../src/domain/policy.ts';
import type { LogEntry } from '../../src/domain/transition.ts';
import { entry, held, logOf, QUARTER, t } from '../support/rows.ts';

const correction = held(t('09:05:00'), t('09:05:05'));
const AGREES = logOf('talking 08:00:00, acw 09:05:00, available 09:08:00');

function unsupported(ledger: readonly LedgerEntry[], log: readonly LogEntry[]): string[] {
  return [...unsupportedCorrections(ledger, log, QUARTER, DEFAULT_POLICY)];
}

describe('a correction at the vendor', () => {
  it('stands while the log says what it claims', () => {
    expect(unsupported([correction], AGREES)).toEqual([]);
  });

  it('stands while the log says so but for the threshold', () => {
    expect(unsupported([correction], logOf('talking 08:00:00, acw 09:05:02'))).toEqual([]);
    expect(unsupported([correction], logOf('talking 08:00:00, acw 09:05:02.001'))).toEqual(['c1']);
    const twice = 'talking 08:00:00, acw 09:05:01, break 09:05:02, acw 09:05:03.001';
    expect(unsupported([correction], logOf(twice))).toEqual(['c1']);
  });

  it('does not stand where the log knows nothing', () => {
    expect(unsupported([correction], [])).toEqual(['c1']);
    const gone = [entry(t('08:00:00'), 'acw', { confirmedUntil: t('09:05:01'), absentAt: t('09:05:02') })];
    expect(unsupported([correction], gone)).toEqual(['c1']);
  });

  it('says its state in our words, through the state map', () => {
    const policy = { ...DEFAULT_POLICY, stateMap: new Map([['wrap up', 'acw']]) };
    const log = logOf('talking 08:00:00, Wrap Up 09:05:00');
    expect(unsupportedCorrections([correction], log, QUARTER, policy).size).toBe(0);
  });

  it('is judged by a window only where it reaches into it', () => {
    const before = held(t('08:55:00'), t('09:00:00'), { correctionId: 'before' });
    const after = held(t('09:15:00'), t('09:20:00'), { correctionId: 'after' });
    const into = held(t('08:59:00'), t('09:00:03'), { correctionId: 'into' });
    expect(unsupported([before, after, into], [])).toEqual(['into']);
  });

  it('is judged as a whole at the edge of a window, not each half by itself', () => {
    const across = held(t('09:14:58'), t('09:15:02'));
    expect(unsupported([across], logOf('talking 08:00:00'))).toEqual(['c1']);
    const next = { from: t('09:15:00'), to: t('09:30:00') };
    const found = unsupportedCorrections([across], logOf('talking 08:00:00'), next, DEFAULT_POLICY);
    expect([...found]).toEqual(['c1']);
    expect(unsupported([across], logOf('talking 08:00:00, acw 09:14:58'))).toEqual([]);
  });

  it.each<[CorrectionState, boolean]>(
    CORRECTION_STATES.map((state) => [
      state,
      ['sending', 'unknown', 'delivered', 'take_back_waiting', 'taking_back', 'take_back_unknown'].includes(
        state,
      ),
    ]),
  )('that is %s is looked at: %s', (status, isLookedAt) => {
    expect(unsupported([{ ...correction, status }], [])).toEqual(isLookedAt ? ['c1'] : []);
  });
});

describe('the question whether to take a correction back', () => {
  const ask = (entries: readonly LedgerEntry[], lost: readonly string[]) =>
    takeBackChanges(entries, new Set(lost), QUARTER);
  const asked = { ...correction, takeBackAsked: true };

  it('is asked once, when the log stops supporting it', () => {
    expect(ask([correction], ['c1'])).toEqual([{ correctionId: 'c1', asked: true }]);
    expect(ask([asked], ['c1'])).toEqual([]);
    expect(ask([correction], [])).toEqual([]);
  });

  it('is no longer asked when the log supports it again', () => {
    expect(ask([asked], [])).toEqual([{ correctionId: 'c1', asked: false }]);
  });

  it('is dropped only by a window that holds all of the correction', () => {
    const into = { ...asked, start: t('08:59:59') };
    const beyond = { ...asked, end: t('09:15:01') };
    expect(ask([into, beyond], [])).toEqual([]);
    expect(ask([{ ...into, takeBackAsked: false }], ['c1'])).toEqual([{ correctionId: 'c1', asked: true }]);
  });

  it('is asked of delivered corrections only', () => {
    for (const status of CORRECTION_STATES.filter((state) => state !== 'delivered')) {
      expect(ask([{ ...correction, status }], ['c1'])).toEqual([]);
    }
  });
});

describe('what the log says of claims', () => {
  const claim = { start: t('09:05:00'), end: t('09:06:00'), state: 'acw' };
  const said = (log: readonly LogEntry[]) => saidClaims([claim], log, DEFAULT_POLICY);

  it('is all of them while it says their state, whatever the case', () => {
    expect(said(logOf('talking 08:00:00, ACW 09:05:00'))).toEqual([claim]);
    expect(saidClaims([], logOf('talking 08:00:00'), DEFAULT_POLICY)).toEqual([]);
  });

  it('is without the time of another state, and without what is left over beside it', () => {
    const twice = logOf('acw 09:00:00, talking 09:05:20, acw 09:05:40, talking 09:05:58, acw 09:05:59');
    expect(said(twice)).toEqual([
      { ...claim, end: t('09:05:20') },
      { ...claim, start: t('09:05:40'), end: t('09:05:58') },
    ]);
    expect(said(logOf('talking 09:00:00'))).toEqual([]);
  });

  it('is nothing where it knows nothing', () => {
    const polled = [
      entry(t('09:00:00'), 'acw', { told: false, confirmedUntil: t('09:05:30') }),
      entry(t('09:10:00'), 'acw', { told: false, confirmedUntil: t('09:10:00') }),
    ];
    expect(said(polled)).toEqual([{ ...claim, end: t('09:05:30') }]);
  });

  it('is left as it was judged where its rows are gone', () => {
    expect(said([])).toEqual([claim]);
    expect(said(logOf('talking 09:06:00'))).toEqual([claim]);
    expect(said(logOf('talking 09:05:30'))).toEqual([{ ...claim, end: t('09:05:30') }]);
  });
});
