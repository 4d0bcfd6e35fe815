import { describe, expect, it } from 'vitest';
import { ProgramError } from '../../src/domain/errors.ts';
import { DEFAULT_POLICY, type Policy } from '../../src/domain/policy.ts';
import type { ReportInterval } from '../../src/domain/report.ts';
import { type ReportFaults, ReportReader } from '../../src/domain/report-timeline.ts';
import { StateTable } from '../../src/domain/states.ts';
import { Timeline } from '../../src/domain/timeline.ts';
import { interval, t } from '../support/rows.ts';
import { segmentsOf } from '../support/segments.ts';

const RANGE = { start: t('09:00:00'), end: t('10:00:00') };

function read(report: readonly ReportInterval[], policy: Policy = DEFAULT_POLICY) {
  const states = new StateTable(policy);
  const timeline = new Timeline();
  const faults = new ReportReader().lay(timeline, report, RANGE, states, policy.thresholdMs);
  return { segments: segmentsOf(timeline, states), faults };
}

/** `state from to`, with the clock's instants. */
function rows(...lines: string[]): ReportInterval[] {
  return lines.map((line) => {
    const [start, end] = line.split(' ').slice(-2) as [string, string];
    return interval(t(start), t(end), line.split(' ').slice(0, -2).join(' '));
  });
}

function laid(...lines: string[]): string[] {
  const report = rows(...lines);
  const { segments } = read(report);
  expect(read(report.toReversed()).segments).toEqual(segments);
  return segments;
}

function overlapsOf({ overlaps }: ReportFaults): [number, number][] {
  return overlaps.starts.map((start, i) => [start, overlaps.ends[i] as number]);
}

describe('the report of a range', () => {
  it('is uncovered without intervals, and where intervals have no length', () => {
    expect(laid()).toEqual(['- 09:00:00']);
    expect(laid('acw 09:10:00 09:10:00')).toEqual(['- 09:00:00']);
    expect(laid('talking 08:00:00 10:00:00', 'acw 09:10:00 09:10:00')).toEqual(['talking 09:00:00']);
  });

  it('has an observed start where it knows the state of the instant before', () => {
    expect(laid('talking 08:00:00 09:10:00', 'acw 09:10:00 10:00:00')).toEqual([
      'talking 09:00:00',
      'acw 09:10:00 *',
    ]);
  });

  it('has none at the start of the range, nor behind a gap', () => {
    expect(laid('talking 08:00:00 09:00:00', 'acw 09:00:00 10:00:00')).toEqual(['acw 09:00:00']);
    expect(laid('talking 09:00:00 09:10:00', 'acw 09:10:03 10:00:00')).toEqual([
      'talking 09:00:00',
      '- 09:10:00',
      'acw 09:10:03',
    ]);
  });

  it('leaves no trace of a cut within a state', () => {
    expect(laid('talking 08:00:00 09:15:00', ' Talking 09:15:00 09:30:00', 'acw 09:30:00 10:00:00')).toEqual([
      'talking 09:00:00',
      'acw 09:30:00 *',
    ]);
  });

  it('takes an open interval to last to the end of the range, and one behind the range for nothing', () => {
    const open = { start: t('09:10:00'), end: undefined, state: 'acw', durationSeconds: 0 };
    const behind = { start: t('10:10:00'), end: undefined, state: 'break', durationSeconds: 0 };
    expect(read([...rows('talking 08:00:00 09:10:00'), open]).segments).toEqual([
      'talking 09:00:00',
      'acw 09:10:00 *',
    ]);
    expect(read([...rows('talking 08:00:00 10:00:00'), behind]).segments).toEqual(['talking 09:00:00']);
    expect(read([open, ...rows('talking 08:00:00 09:10:02')]).segments).toEqual([
      'talking 09:00:00',
      'acw 09:10:00 *',
    ]);
  });

  it('is refused when an interval ends before it starts, even outside the range', () => {
    const report = rows('talking 09:00:00 09:10:00', 'acw 08:30:00 08:29:59.999');
    expect(() => read(report)).toThrow(
      new ProgramError('vendor_malformed', 'report: intervals[1].endTime is before its startTime'),
    );
  });
});

describe('short uncovered time', () => {
  it('is closed by extending the stretch before it', () => {
    expect(laid('talking 08:00:00 09:10:00', 'acw 09:10:02 10:00:00')).toEqual([
      'talking 09:00:00',
      'acw 09:10:02 *',
    ]);
    expect(laid('talking 08:00:00 09:10:00', 'talking 09:10:02 10:00:00')).toEqual(['talking 09:00:00']);
  });

  it('is closed at the edges of the range by the stretch next to it', () => {
    expect(laid('talking 09:00:02 09:59:58')).toEqual(['talking 09:00:00']);
    expect(laid('talking 09:00:02.001 09:59:57.999')).toEqual([
      '- 09:00:00',
      'talking 09:00:02.001',
      '- 09:59:57.999',
    ]);
  });

  it('stays open beside unknown time', () => {
    const contested = ['talking 09:10:00 09:20:00', 'acw 09:10:00 09:20:00'];
    expect(laid(...contested, 'break 09:20:01 10:00:00')).toEqual([
      '- 09:00:00',
      '? 09:10:00',
      '- 09:20:00',
      'break 09:20:01',
    ]);
    expect(laid('break 09:00:00 09:09:59', ...contested, 'break 09:20:00 10:00:00')).toEqual([
      'break 09:00:00',
      '- 09:09:59',
      '? 09:10:00',
      'break 09:20:00',
    ]);
  });

  it('stays open when it is all there is', () => {
    const range = { start: t('09:00:00'), end: t('09:00:02') };
    const states = new StateTable(DEFAULT_POLICY);
    const timeline = new Timeline();
    new ReportReader().lay(timeline, [], range, states, DEFAULT_POLICY.thresholdMs);
    expect(segmentsOf(timeline, states)).toEqual(['- 09:00:00']);
  });
});

describe('contested time', () => {
  const around = ['talking 08:00:00 09:10:02', 'acw 09:10:00 10:00:00'] as const;

  it('goes to the interval that starts latest, when it is no longer than the threshold', () => {
    expect(laid(...around)).toEqual(['talking 09:00:00', 'acw 09:10:00 *']);
  });

  it('is unknown when it is longer', () => {
    expect(laid('talking 08:00:00 09:10:02.001', 'acw 09:10:00 10:00:00')).toEqual([
      'talking 09:00:00',
      '? 09:10:00',
      'acw 09:10:02.001',
    ]);
  });

  it('goes to the shortest of those that start together', () => {
    expect(laid('talking 09:00:00 10:00:00', 'acw 09:10:00 09:10:01', 'break 09:10:00 09:10:02')).toEqual([
      'talking 09:00:00',
      'acw 09:10:00 *',
      'break 09:10:01 *',
      'talking 09:10:02 *',
    ]);
  });

  it('goes to the state that is last in code point order of those that start and end together', () => {
    expect(laid('talking 09:00:00 10:00:00', 'acw 09:10:00 09:10:01', 'break 09:10:00 09:10:01')).toEqual([
      'talking 09:00:00',
      'break 09:10:00 *',
      'talking 09:10:01 *',
    ]);
    // As UTF-16 units, the emoji (a surrogate pair) would come before the private letter.
    expect(
      laid('talking 09:00:00 10:00:00', '\u{ff5e} 09:10:00 09:10:01', '\u{1f600} 09:10:00 09:10:01'),
    ).toEqual(['talking 09:00:00', '\u{1f600} 09:10:00 *', 'talking 09:10:01 *']);
  });

  it('is measured as one stretch, whoever contests it', () => {
    const chain = ['acw 09:00:00 09:10:02', 'break 09:10:00 09:10:04', 'talking 09:10:02 10:00:00'];
    expect(laid(...chain)).toEqual(['acw 09:00:00', '? 09:10:00', 'talking 09:10:04']);
  });

  it('ends with the range', () => {
    expect(laid('talking 09:00:00 10:30:00', 'acw 09:59:59 10:30:00')).toEqual([
      'talking 09:00:00',
      'acw 09:59:59 *',
    ]);
  });

  it('is none between intervals of the same state', () => {
    expect(laid('talking 08:00:00 09:30:00', 'TALKING 09:10:00 10:00:00')).toEqual(['talking 09:00:00']);
    expect(laid('talking 08:00:00 10:00:00', 'talking 09:10:00 09:20:00')).toEqual(['talking 09:00:00']);
  });
});

describe('ignored states', () => {
  const policy = { ...DEFAULT_POLICY, ignoredStates: new Set(['heartbeat']) };
  const segments = (...lines: string[]) => read(rows(...lines), policy).segments;

  it('belong to the state before them', () => {
    expect(
      segments('talking 09:00:00 09:10:00', 'heartbeat 09:10:00 09:20:00', 'acw 09:20:00 10:00:00'),
    ).toEqual(['talking 09:00:00', 'acw 09:20:00 *']);
  });

  it('are unknown where nothing is before them', () => {
    expect(segments('heartbeat 09:00:00 09:20:00', 'acw 09:20:00 10:00:00')).toEqual([
      '? 09:00:00',
      'acw 09:20:00',
    ]);
    expect(
      segments('talking 09:00:00 09:05:00', 'heartbeat 09:05:01 09:20:00', 'acw 09:20:00 10:00:00'),
    ).toEqual(['talking 09:00:00', '- 09:05:00', '? 09:05:01', 'acw 09:20:00']);
  });

  it('contest nothing: where a state claims the time too, it has it', () => {
    expect(
      segments('talking 09:00:00 09:30:00', 'heartbeat 09:10:00 09:40:00', 'acw 09:40:00 10:00:00'),
    ).toEqual(['talking 09:00:00', 'acw 09:40:00 *']);
    const { faults } = read(rows('talking 09:00:00 09:30:00', 'heartbeat 09:10:00 09:40:00'), policy);
    expect(overlapsOf(faults)).toEqual([]);
  });
});

describe('what is wrong with a report', () => {
  it('are stretches that two or more intervals cover, of whatever states, joined where they touch', () => {
    const report = rows(
      'talking 09:00:00 09:10:00',
      'acw 09:05:00 09:08:00',
      'acw 09:08:00 09:20:00',
      'acw 09:15:00 09:16:00',
    );
    expect(overlapsOf(read(report).faults)).toEqual([
      [t('09:05:00'), t('09:10:00')],
      [t('09:15:00'), t('09:16:00')],
    ]);
  });

  it('are durations that are off by more than a second, with both ends strictly inside the range', () => {
    const off = (start: string, end: string, seconds: number) => interval(t(start), t(end), 'acw', seconds);
    const wrongOf = (row: ReportInterval, used = DEFAULT_POLICY) => read([row], used).faults.wrongDurations;
    expect(wrongOf(off('09:10:00', '09:11:00', 61))).toEqual([]);
    expect(wrongOf(off('09:10:00', '09:11:00', 61.001))).toHaveLength(1);
    expect(wrongOf(off('09:10:00', '09:11:00', 59))).toEqual([]);
    expect(wrongOf(off('09:10:00', '09:11:00', 58.999))).toHaveLength(1);
    expect(wrongOf(off('09:00:00', '09:11:00', 0))).toEqual([]);
    expect(wrongOf(off('09:10:00', '10:00:00', 0))).toEqual([]);
    expect(wrongOf(off('09:10:00', '09:10:00', 30))).toEqual([]);
    const ignoring = { ...DEFAULT_POLICY, ignoredStates: new Set(['acw']) };
    expect(wrongOf(off('09:10:00', '09:11:00', 0), ignoring)).toEqual([]);
  });
});
