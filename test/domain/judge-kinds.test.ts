import { describe, expect, it } from 'vitest';
import type { Finding, FindingKind } from '../../src/domain/finding.ts';
import { createJudge } from '../../src/domain/judge.ts';
import { DEFAULT_POLICY, type Policy } from '../../src/domain/policy.ts';
import type { ReportInterval } from '../../src/domain/report.ts';
import type { Shift } from '../../src/domain/shift.ts';
import { entry, interval, logOf, QUARTER, reportOf, t } from '../support/rows.ts';

interface Case {
  readonly log?: string;
  readonly report?: string | readonly ReportInterval[];
  readonly shifts?: readonly Shift[];
  readonly policy?: Policy;
}

const AT_WORK = 'talking 08:00:00';

function found({ log = AT_WORK, report = AT_WORK, shifts = [], policy = DEFAULT_POLICY }: Case): Finding[] {
  const judge = createJudge(policy);
  const rows = typeof report === 'string' ? reportOf(report) : report;
  const input = { window: QUARTER, log: logOf(log), report: rows, shifts, recorded: [] };
  return judge(input).map(({ finding }) => finding);
}

function kinds(what: Case): FindingKind[] {
  return found(what).map(({ kind }) => kind);
}

function shift(start: string, end: string): Shift {
  return { id: 's1', start: t(start), end: t(end), timeZone: 'Europe/Berlin', activities: [] };
}

describe('uncovered time', () => {
  it('is a gap while the log has the agent in a state that is not offline', () => {
    const report = 'talking 08:00:00, - 09:05:00, talking 09:06:00';
    expect(found({ report })).toMatchObject([
      {
        kind: 'report_gap',
        instant: t('09:05:00'),
        loggedState: 'talking',
        pieces: [{ start: t('09:05:00'), end: t('09:06:00'), reportedState: undefined }],
      },
    ]);
    expect(found({ report, log: 'offline 08:00:00' }).map(({ kind }) => kind)).not.toContain('report_gap');
  });

  it('is no gap where the log knows nothing', () => {
    expect(kinds({ report: [], log: 'talking 11:00:00' })).toEqual([]);
  });

  it('is no gap when it is no longer than the threshold beside contested time', () => {
    const report = [
      interval(t('08:00:00'), t('09:05:00'), 'talking'),
      interval(t('08:00:00'), t('09:05:00'), 'acw'),
      interval(t('09:05:02'), t('10:00:00'), 'talking'),
    ];
    expect(kinds({ report })).toEqual(['report_overlap']);
  });
});

describe('time that several intervals cover', () => {
  const twice = (end: string) => [
    interval(t('08:00:00'), t(end), 'talking'),
    interval(t('09:05:00'), t('10:00:00'), 'talking'),
  ];

  it('is an overlap when it is longer than the threshold, of one state as well', () => {
    expect(kinds({ report: twice('09:05:02') })).toEqual([]);
    expect(found({ report: twice('09:05:02.001') })).toMatchObject([
      {
        kind: 'report_overlap',
        instant: t('09:05:00'),
        pieces: [{ start: t('09:05:00'), end: t('09:05:02.001'), loggedState: undefined }],
        loggedAt: undefined,
        reportedAt: undefined,
      },
    ]);
  });

  it('is judged even where the log is unknown', () => {
    expect(kinds({ log: 'talking 11:00:00', report: twice('09:06:00') })).toEqual(['report_overlap']);
  });
});

describe('a duration that is not the length of its interval', () => {
  const wrong = (start: string, end: string, state: string, seconds: number) =>
    interval(t(start), t(end), state, seconds);

  it('is about the interval: where it starts, and what it shows', () => {
    const report = [
      interval(t('08:00:00'), t('09:05:00'), 'talking'),
      wrong('09:05:00', '09:06:00', ' Talking', 30),
      interval(t('09:06:00'), t('10:00:00'), 'talking'),
    ];
    expect(found({ report })).toMatchObject([
      {
        group: 'duration',
        kind: 'duration_mismatch',
        instant: t('09:05:00'),
        reportedAt: t('09:05:00'),
        reportedState: 'talking',
        pieces: [
          { start: t('09:05:00'), end: t('09:06:00'), loggedState: undefined, reportedState: 'talking' },
        ],
        shift: undefined,
      },
    ]);
  });

  it('is told once of several from one instant on: of the longest, then of the last in code point order', () => {
    const report = [
      interval(t('08:00:00'), t('10:00:00'), 'talking'),
      wrong('09:05:00', '09:05:01', 'talking', 30),
      wrong('09:05:00', '09:05:02', 'acw', 30),
      wrong('09:05:00', '09:05:02', 'break', 30),
      wrong('09:07:00', '09:07:01', 'talking', 30),
    ];
    const durations = found({ report }).filter(({ kind }) => kind === 'duration_mismatch');
    expect(durations).toMatchObject([
      { instant: t('09:05:00'), reportedState: 'break', pieces: [{ end: t('09:05:02') }] },
      { instant: t('09:07:00'), reportedState: 'talking' },
    ]);
  });

  it('belongs whole to the window of its start', () => {
    const report = [
      wrong('08:59:59', '09:05:00', 'talking', 30),
      wrong('09:14:59', '09:17:00', 'talking', 30),
      wrong('09:17:00', '09:18:00', 'talking', 30),
    ];
    const durations = found({ report }).filter(({ kind }) => kind === 'duration_mismatch');
    expect(durations).toMatchObject([{ instant: t('09:14:59'), pieces: [{ end: t('09:17:00') }] }]);
  });
});

describe('runs of differences', () => {
  it('are a mismatch when nothing opens them: they follow a gap', () => {
    const report = 'talking 08:00:00, - 09:05:00, break 09:06:00';
    expect(found({ report })).toMatchObject([
      { kind: 'state_mismatch', instant: t('09:06:00'), loggedAt: undefined, reportedAt: undefined },
      { kind: 'report_gap' },
    ]);
  });

  it('are a mismatch when the other side has a start no later than the tolerance after theirs', () => {
    const log = 'talking 08:00:00, acw 09:05:00, talking 09:08:00';
    const report = (clock: string) => `talking 08:00:00, break ${clock}, talking 09:08:00`;
    expect(found({ log, report: report('09:06:00') })).toMatchObject([
      { kind: 'state_mismatch', loggedAt: t('09:05:00'), reportedAt: t('09:06:00') },
    ]);
    expect(found({ log, report: report('09:06:00.001') })).toMatchObject([
      { kind: 'missing_in_report', loggedAt: t('09:05:00'), reportedAt: undefined },
    ]);
  });

  it('are missing in the log when the report alone opens them', () => {
    expect(found({ report: 'talking 08:00:00, break 09:05:00, talking 09:06:00' })).toMatchObject([
      { kind: 'missing_in_log', loggedAt: undefined, reportedAt: t('09:05:00') },
    ]);
  });

  it('are cut at the end of the window when they are not over yet, and go on in the next', () => {
    const log = 'talking 08:00:00, acw 09:10:00';
    const [finding] = found({ log });
    expect(finding).toMatchObject({
      kind: 'missing_in_report',
      pieces: [{ start: t('09:10:00'), end: t('09:15:00') }],
      cutAt: t('09:15:00'),
    });
    const next = createJudge(DEFAULT_POLICY)({
      window: { from: t('09:15:00'), to: t('09:30:00') },
      log: logOf(log),
      report: reportOf(AT_WORK),
      shifts: [],
      recorded: [{ ...finding!, findingId: 'f1', end: t('09:15:00') }],
    });
    expect(next).toMatchObject([
      { continues: 'f1', finding: { pieces: [{ start: t('09:15:00'), end: t('09:30:00') }] } },
    ]);
  });

  it('are cut between their pieces as well as inside one', () => {
    const log = 'talking 08:00:00, acw 09:10:00, break 09:16:00';
    expect(found({ log })).toMatchObject([{ pieces: [{ start: t('09:10:00'), end: t('09:15:00') }] }]);
  });

  it('are left to the window before when they were over for it, judged or not', () => {
    expect(kinds({ log: 'talking 08:00:00, acw 08:56:00, talking 09:03:59.999' })).toEqual([]);
    expect(found({ log: 'talking 08:00:00, acw 08:56:00, talking 09:04:00' })).toMatchObject([
      { kind: 'missing_in_report', pieces: [{ start: t('09:00:00'), end: t('09:04:00') }] },
    ]);
  });

  it('are taken from the start of the window on when the window before cut them there, however little is left', () => {
    const log = logOf('talking 08:00:00, acw 08:56:00, talking 09:00:01');
    const cut = {
      findingId: 'f1',
      group: 'run',
      kind: 'missing_in_report',
      instant: t('08:56:00'),
      end: t('09:00:00'),
      cutAt: t('09:00:00'),
      pieces: [{ start: t('08:56:00'), end: t('09:00:00') }],
    } as const;
    const input = { window: QUARTER, log, report: reportOf(AT_WORK), shifts: [] };
    const judge = createJudge(DEFAULT_POLICY);
    expect(judge({ ...input, recorded: [cut] })).toMatchObject([
      { continues: 'f1', finding: { pieces: [{ start: t('09:00:00'), end: t('09:00:01') }] } },
    ]);
    expect(judge({ ...input, recorded: [{ ...cut, cutAt: undefined }] })).toEqual([]);
  });

  it('leave out the time that is recorded already', () => {
    const log = logOf('talking 08:00:00, acw 09:05:00, talking 09:06:00');
    const piece = { start: t('09:05:00'), end: t('09:06:00') };
    const recorded = {
      findingId: 'f1',
      group: 'run',
      kind: 'missing_in_report',
      instant: t('09:05:00'),
      end: t('09:06:00'),
      cutAt: undefined,
      pieces: [piece],
    } as const;
    const input = { window: QUARTER, log, report: reportOf(AT_WORK), shifts: [] };
    const judge = createJudge(DEFAULT_POLICY);
    expect(judge({ ...input, recorded: [recorded] })).toEqual([]);
    expect(judge({ ...input, recorded: [{ ...recorded, group: 'gap' }] })).toHaveLength(1);
  });
});

describe('a drift in two windows', () => {
  it('goes on under its own identity', () => {
    const log = 'talking 08:00:00, acw 09:14:58';
    const report = 'talking 08:00:00, acw 09:15:03';
    const [finding] = found({ log, report });
    expect(finding).toMatchObject({ kind: 'boundary_drift', pieces: [{ end: t('09:15:03') }] });
    const next = createJudge(DEFAULT_POLICY)({
      window: { from: t('09:14:00'), to: t('09:30:00') },
      log: logOf(log),
      report: reportOf(report),
      shifts: [],
      recorded: [
        {
          ...finding!,
          findingId: 'f1',
          end: t('09:15:00'),
          pieces: [{ start: t('09:14:58'), end: t('09:15:00') }],
        },
      ],
    });
    expect(next).toMatchObject([
      { continues: 'f1', finding: { pieces: [{ start: t('09:15:00'), end: t('09:15:03') }] } },
    ]);
  });
});

describe('transitions near a shift', () => {
  const shifts = [shift('09:05:00', '17:00:00')];
  const log = 'offline 08:00:00, talking 09:05:20';

  it('are flagged though both sides agree', () => {
    expect(found({ log, report: log, shifts })).toMatchObject([
      {
        kind: 'near_shift_boundary',
        instant: t('09:05:20'),
        pieces: [],
        loggedAt: t('09:05:20'),
        loggedState: 'talking',
        shift: { shiftId: 's1', edge: 'start', edgeAt: t('09:05:00'), offsetMs: 20_000 },
      },
    ]);
    expect(kinds({ log, report: log })).toEqual([]);
  });

  it('are not flagged beyond the band, nor in another window', () => {
    const far = 'offline 08:00:00, talking 09:05:30.001';
    expect(kinds({ log: far, report: far, shifts })).toEqual([]);
    const edges = [shift('08:59:59', '09:15:00')];
    const outside = 'offline 08:00:00, talking 08:59:59.999, acw 09:15:00';
    expect(kinds({ log: outside, report: outside, shifts: edges })).toEqual([]);
  });

  it('are not flagged twice: a finding that is about one carries the shift instead', () => {
    const report = 'offline 08:00:00, talking 09:05:25';
    expect(found({ log, report, shifts })).toMatchObject([
      { kind: 'boundary_drift', shift: { edge: 'start', offsetMs: 20_000 } },
    ]);
  });

  it('decide a finding that the log knows nothing of by the reported instant', () => {
    const report = 'talking 08:00:00, break 09:05:10, talking 09:06:00';
    expect(found({ report, shifts })).toMatchObject([
      { kind: 'missing_in_log', shift: { offsetMs: 10_000 } },
    ]);
  });

  it('are nothing to a finding that is about no transition', () => {
    const report = 'talking 08:00:00, - 09:05:00, break 09:06:00';
    expect(
      found({ report, shifts: [shift('09:05:00', '09:06:00')] }).map((finding) => finding.shift),
    ).toEqual([undefined, undefined]);
  });
});

describe('what a judgement tells besides findings', () => {
  function told(log: ReturnType<typeof logOf>, report: string) {
    const drifts: number[] = [];
    let working = 0;
    const observer = { pair: (ms: number) => drifts.push(ms), working: () => working++ };
    const input = { window: QUARTER, log, report: reportOf(report), shifts: [], recorded: [] };
    createJudge(DEFAULT_POLICY)(input, observer as never);
    return { drifts, working };
  }

  it('is the drift of every pair of the window, flagged or not', () => {
    const log =
      'talking 08:00:00, break 08:59:59, acw 09:00:00, talking 09:05:00, acw 09:10:00, talking 09:15:00';
    const report =
      'talking 08:00:00, break 09:00:00, acw 09:00:01, talking 09:05:03, acw 09:09:59, talking 09:15:02';
    expect(told(logOf(log), report)).toEqual({ drifts: [1_000, 3_000, -1_000], working: 1 });
  });

  it('is no pair where a transition has no image', () => {
    expect(told(logOf('talking 08:00:00, acw 09:05:00, talking 09:06:00'), AT_WORK)).toEqual({
      drifts: [],
      working: 1,
    });
  });

  it('is that the agent is at work when the log says so at some time of the window', () => {
    expect(told(logOf('offline 08:00:00, talking 09:14:59, offline 09:15:00'), AT_WORK).working).toBe(1);
    expect(told(logOf('talking 08:00:00, offline 09:00:00, talking 09:15:00'), AT_WORK).working).toBe(0);
    const absent = entry(t('08:00:00'), 'talking', {
      confirmedUntil: t('08:30:00'),
      absentAt: t('08:31:00'),
    });
    expect(told([absent], AT_WORK).working).toBe(0);
  });
});
