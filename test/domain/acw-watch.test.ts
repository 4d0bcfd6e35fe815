import { describe, expect, it } from 'vitest';
import { CONTRACT_STATES, CONTRACT_STEPS } from '../../src/domain/acw.ts';
import {
  extendedSeconds,
  judgeContract,
  settleExtension,
  settleSending,
} from '../../src/domain/acw-watch.ts';
import type { Instant } from '../../src/domain/instant.ts';
import { t } from '../support/rows.ts';

const inAcw = (at: Instant, remainingSeconds: number | undefined) =>
  ({ left: false, at, remainingSeconds }) as const;
const left = (leftAt: Instant) => ({ left: true, leftAt }) as const;

describe('a contract that ends at 09:01:30', () => {
  const endsAt = t('09:01:30');
  it.each([
    ['in after-call work, its timer as agreed', inAcw(t('09:00:30'), 60), 'running', endsAt],
    ['its timer rounded down', inAcw(t('09:00:30.400'), 59), 'running', endsAt],
    ['a second more than agreed', inAcw(t('09:00:30'), 61), 'running', endsAt],
    ['begun 4 s later by the vendor', inAcw(t('09:00:30'), 64), 'running', t('09:01:34')],
    ['begun 15 s later', inAcw(t('09:00:30'), 75), 'running', t('09:01:45')],
    ['prolonged by somebody', inAcw(t('09:00:30'), 76), 'running', endsAt],
    ['shortened by somebody', inAcw(t('09:00:30'), 1), 'running', endsAt],
    ['taken away by somebody', inAcw(t('09:00:30'), undefined), 'running', endsAt],
    ['still there when prolonged', inAcw(t('09:01:30'), 300), 'fulfilled', undefined],
    ['still there with nothing left', inAcw(t('09:01:30'), 0), 'fulfilled', undefined],
    ['still there 2 s before', inAcw(t('09:01:28'), 2), 'running', endsAt],
    ['left at its end', left(endsAt), 'fulfilled', undefined],
    ['left later', left(t('09:05:00')), 'fulfilled', undefined],
    ['left 2 s early', left(t('09:01:28')), 'fulfilled', undefined],
    ['left more than 2 s early', left(t('09:01:27.999')), 'bypassed', undefined],
    ['left at once', left(t('09:00:00')), 'bypassed', undefined],
  ])('%s', (_, reading, is, end) => {
    const verdict = judgeContract(endsAt, reading);
    expect(verdict.is).toBe(is);
    if (verdict.is === 'running') expect(verdict.endsAt).toBe(end);
  });

  it('says how much too early', () => {
    expect(judgeContract(endsAt, left(t('09:00:20')))).toEqual({
      is: 'bypassed',
      why: 'left after-call work 70.0 s before its end',
      earlyMs: 70_000,
    });
  });
});

describe('terms of 90 s that were sent at 09:00:00 and not answered', () => {
  const sent = (times: number, timerBefore: Instant | undefined) => ({
    times,
    at: t('09:00:00'),
    timerBefore,
  });
  const old = t('09:00:30');

  it.each([
    ['our timer', old, inAcw(t('09:00:15'), 75), 1, 'taken', t('09:01:30')],
    ['our timer, begun when it was read', old, inAcw(t('09:00:15'), 90), 1, 'taken', t('09:01:45')],
    ['our timer, 2 s off', old, inAcw(t('09:00:15'), 92), 1, 'taken', t('09:01:47')],
    ['the old timer', old, inAcw(t('09:00:15'), 15), 1, 'not_taken', undefined],
    ['the old timer, 2 s off', old, inAcw(t('09:00:15'), 17), 1, 'not_taken', undefined],
    ['the old timer, too soon', old, inAcw(t('09:00:04.999'), 25), 1, 'undecided', undefined],
    ['our timer, soon', old, inAcw(t('09:00:01'), 90), 1, 'taken', t('09:01:31')],
    ['the old timer, just late enough', old, inAcw(t('09:00:05'), 25), 1, 'not_taken', undefined],
    ['the old timer again', old, inAcw(t('09:00:15'), 15), 2, 'given_up', undefined],
    ['an old timer like ours', t('09:01:30'), inAcw(t('09:00:15'), 75), 1, 'taken', t('09:01:30')],
    ['no timer, as before', undefined, inAcw(t('09:00:15'), undefined), 1, 'not_taken', undefined],
    ['our timer where there was none', undefined, inAcw(t('09:00:15'), 75), 1, 'taken', t('09:01:30')],
    ['a third timer', old, inAcw(t('09:00:15'), 600), 1, 'taken', t('09:01:30')],
    ['a third timer where there was none', undefined, inAcw(t('09:00:15'), 20), 1, 'taken', t('09:01:30')],
    ['no timer any more', old, inAcw(t('09:00:15'), undefined), 1, 'taken', t('09:01:30')],
  ])('%s', (_, timerBefore, reading, times, is, endsAt) => {
    const verdict = settleSending(sent(times, timerBefore), 90, reading);
    expect(verdict.is).toBe(is);
    if (verdict.is === 'taken') expect(verdict.endsAt).toBe(endsAt);
  });
});

describe('an extension', () => {
  it('sends what is left and the extension in whole seconds, rather more than less', () => {
    expect(extendedSeconds(30, 60)).toBe(90);
    expect(extendedSeconds(30.2, 60)).toBe(91);
    expect(extendedSeconds(0, 1)).toBe(1);
  });

  it.each([
    ['the extended timer', 60, inAcw(t('09:00:30'), 120), t('09:02:30')],
    ['the timer as it was', 60, inAcw(t('09:00:30'), 60), undefined],
    ['no timer', 60, inAcw(t('09:00:30'), undefined), undefined],
    ['one second more', 1, inAcw(t('09:00:30'), 61), t('09:01:31')],
    ['one second more, not taken', 1, inAcw(t('09:00:30'), 60.4), undefined],
  ])('that nobody answered: %s', (_, bySeconds, reading, endsAt) => {
    expect(settleExtension(t('09:01:30'), bySeconds, reading)).toBe(endsAt);
  });
});

describe('the life of a contract', () => {
  it('ends in one of three ways, and every state leads there', () => {
    const ends = CONTRACT_STATES.filter((state) => CONTRACT_STEPS[state].length === 0);
    expect(ends).toEqual(['fulfilled', 'bypassed', 'refused']);
    expect(CONTRACT_STEPS.running).not.toContain('sending');
  });
});
