import { describe, expect, it } from 'vitest';
import { layLog } from '../../src/domain/log-timeline.ts';
import { DEFAULT_POLICY } from '../../src/domain/policy.ts';
import { StateTable } from '../../src/domain/states.ts';
import { Timeline } from '../../src/domain/timeline.ts';
import type { LogEntry } from '../../src/domain/transition.ts';
import { entry, t } from '../support/rows.ts';
import { segmentsOf } from '../support/segments.ts';

const RANGE = { start: t('09:00:00'), end: t('10:00:00') };
const POLLED = { told: false } as const;

/** `state from` of each segment; a start has a `*`, unknown time is `?`. */
function laid(log: readonly LogEntry[], policy = DEFAULT_POLICY): string[] {
  const states = new StateTable(policy);
  const timeline = new Timeline();
  layLog(timeline, log, RANGE, states);
  return segmentsOf(timeline, states);
}

describe('the log of a range', () => {
  it('is unknown before the first transition, which is a start like any other', () => {
    expect(laid([])).toEqual(['? 09:00:00']);
    expect(laid([entry(t('09:10:00'), 'talking')])).toEqual(['? 09:00:00', 'talking 09:10:00 *']);
  });

  it('knows what was before the range, and begins with it without a start', () => {
    expect(laid([entry(t('08:00:00'), 'talking'), entry(t('09:10:00'), 'acw')])).toEqual([
      'talking 09:00:00',
      'acw 09:10:00 *',
    ]);
  });

  it('has a start at just its own start, and none at its end', () => {
    const log = [
      entry(t('08:00:00'), 'talking'),
      entry(t('09:00:00'), 'acw'),
      entry(t('10:00:00'), 'available'),
    ];
    expect(laid(log)).toEqual(['acw 09:00:00 *']);
  });

  it('takes a transition to the state already held for none, whatever its case', () => {
    const log = [entry(t('08:00:00'), 'Talking'), entry(t('09:10:00'), ' talking ')];
    expect(laid(log)).toEqual(['talking 09:00:00']);
  });

  it('takes the last received of several at one instant, then the last that arrived', () => {
    const at = t('09:10:00');
    const log = [
      entry(at, 'acw', { receivedAt: at + 2 }),
      entry(at, 'break', { receivedAt: at + 1 }),
      entry(t('08:00:00'), 'talking'),
    ];
    expect(laid(log)).toEqual(['talking 09:00:00', 'acw 09:10:00 *']);
    const arrived = [entry(at, 'acw', { sequence: 2 }), entry(at, 'break', { sequence: 1 })];
    expect(laid(arrived)).toEqual(['? 09:00:00', 'acw 09:10:00 *']);
  });

  it('gives ignored states to the state before them, and what is unknown stays unknown', () => {
    const policy = { ...DEFAULT_POLICY, ignoredStates: new Set(['heartbeat']) };
    const log = [
      entry(t('08:00:00'), 'talking'),
      entry(t('09:10:00'), 'heartbeat'),
      entry(t('09:20:00'), 'talking'),
    ];
    expect(laid(log, policy)).toEqual(['talking 09:00:00']);
    expect(laid([entry(t('09:10:00'), 'heartbeat')], policy)).toEqual(['? 09:00:00']);
  });
});

describe('the log that was learned by polling', () => {
  it('is unknown from the last poll that still saw a state to the transition that the next one found', () => {
    const log = [
      entry(t('08:00:00'), 'talking', { ...POLLED, confirmedUntil: t('09:10:00') }),
      entry(t('09:10:40'), 'acw', { ...POLLED, confirmedUntil: t('09:30:00') }),
    ];
    expect(laid(log)).toEqual(['talking 09:00:00', '? 09:10:00', 'acw 09:10:40 *', '? 09:30:00']);
  });

  it('knows a state for no longer than its instant when no later poll saw it', () => {
    const log = [
      entry(t('08:00:00'), 'talking', POLLED),
      entry(t('09:10:40'), 'acw', POLLED),
      entry(t('09:20:00'), 'available', POLLED),
    ];
    expect(laid(log)).toEqual([
      '? 09:00:00',
      'acw 09:10:40 *',
      '? 09:10:40',
      'available 09:20:00 *',
      '? 09:20:00',
    ]);
  });

  it('knows a state up to a transition that a push or an import told of', () => {
    const log = [
      entry(t('08:00:00'), 'talking', { ...POLLED, confirmedUntil: t('09:05:00') }),
      entry(t('09:10:40'), 'acw'),
    ];
    expect(laid(log)).toEqual(['talking 09:00:00', 'acw 09:10:40 *']);
  });

  it('takes a state up again as a start when it comes back after unknown time', () => {
    const log = [
      entry(t('08:00:00'), 'talking', { ...POLLED, confirmedUntil: t('09:05:00') }),
      entry(t('09:10:00'), 'talking', { ...POLLED, confirmedUntil: t('11:00:00') }),
    ];
    expect(laid(log)).toEqual(['talking 09:00:00', '? 09:05:00', 'talking 09:10:00 *']);
  });

  it('lets a confirmation never reach beyond the next transition, nor before its own instant', () => {
    const log = [
      entry(t('08:00:00'), 'talking', { ...POLLED, confirmedUntil: t('09:30:00') }),
      entry(t('09:10:00'), 'acw', { ...POLLED, confirmedUntil: t('08:59:00') }),
    ];
    expect(laid(log)).toEqual(['talking 09:00:00', 'acw 09:10:00 *', '? 09:10:00']);
  });

  it('goes by what counts of several transitions at the next instant', () => {
    const log = [
      entry(t('08:00:00'), 'talking', { ...POLLED, confirmedUntil: t('09:05:00') }),
      entry(t('09:10:00'), 'acw'),
      entry(t('09:10:00'), 'break', POLLED),
    ];
    expect(laid(log)).toEqual(['talking 09:00:00', '? 09:05:00', 'break 09:10:00 *', '? 09:10:00']);
  });
});

describe('the log of an agent who is absent', () => {
  it('is unknown from the last confirmation until the next transition', () => {
    const log = [
      entry(t('08:00:00'), 'talking', { confirmedUntil: t('09:05:00'), absentAt: t('09:06:00') }),
      entry(t('09:30:00'), 'available'),
    ];
    expect(laid(log)).toEqual(['talking 09:00:00', '? 09:05:00', 'available 09:30:00 *']);
  });

  it('is known again where a later poll saw the state after all', () => {
    const log = [
      entry(t('08:00:00'), 'talking', { confirmedUntil: t('09:10:00'), absentAt: t('09:06:00') }),
      entry(t('09:30:00'), 'available'),
    ];
    expect(laid(log)).toEqual(['talking 09:00:00', 'available 09:30:00 *']);
  });

  it('is unknown throughout when the agent was gone before the range began', () => {
    const log = [entry(t('08:00:00'), 'talking', { confirmedUntil: t('08:30:00'), absentAt: t('08:31:00') })];
    expect(laid(log)).toEqual(['? 09:00:00']);
    const justThen = [
      entry(t('08:00:00'), 'talking', { confirmedUntil: t('09:00:00'), absentAt: t('09:00:00') }),
    ];
    expect(laid(justThen)).toEqual(['? 09:00:00']);
  });
});
