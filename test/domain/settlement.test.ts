import { describe, expect, it } from 'vitest';
import { carryInto, type StoredFinding } from '../../src/domain/carry.ts';
import type { Claim, LedgerEntry } from '../../src/domain/correction.ts';
import type { Finding, FindingKind } from '../../src/domain/finding.ts';
import { DEFAULT_POLICY, type Policy } from '../../src/domain/policy.ts';
import { type IdOf, type Settlement, settle } from '../../src/domain/settlement.ts';
import { drift, held, missing, piece, QUARTER, stored, t } from '../support/rows.ts';

const idOf: IdOf = ({ kind, instant }) => `${kind}@${instant}`;
const late = drift(t('09:05:00'), t('09:05:05'));
const LATE = idOf(late);
const sent = held(t('09:05:00'), t('09:05:05'), { findingId: LATE });

interface Before {
  readonly found?: readonly Finding[];
  readonly stored?: readonly StoredFinding[];
  readonly ledger?: readonly LedgerEntry[];
  readonly unsupported?: readonly string[];
  readonly continues?: string;
  readonly policy?: Policy;
}

/** The quarter from nine is judged, and this is found in it. */
function settled(before: Before): Settlement {
  const { found = [], stored: findings = [], ledger = [], unsupported = [], continues } = before;
  const { policy = DEFAULT_POLICY } = before;
  const carry = carryInto(QUARTER, findings, policy);
  const verdict = found.map((finding) => ({ finding, continues }));
  const support = { unsupported: new Set(unsupported), said: (claims: readonly Claim[]) => claims };
  return settle(verdict, carry, ledger, support, policy, idOf);
}

/** What became of each finding, and of its status. */
function changes(before: Before): string[] {
  return settled(before).findings.map(
    ({ change, previousStatus, status }) => `${change}: ${previousStatus} to ${status}`,
  );
}

function sentBy(before: Before): [number, number][] {
  return settled(before).corrections.map(({ start, end }) => [start, end]);
}

describe('a finding that was not there before', () => {
  it('is new, and what policy corrects is claimed', () => {
    expect(settled({ found: [late] })).toEqual({
      findings: [
        {
          change: 'new',
          findingId: LATE,
          finding: late,
          status: 'open',
          previousStatus: undefined,
          why: 'found',
        },
      ],
      corrections: [{ findingId: LATE, start: t('09:05:00'), end: t('09:05:05'), state: 'acw' }],
      withdrawals: [],
      takeBacks: [],
    });
  });

  it('waits for a person when policy does not correct it', () => {
    const before = { found: [missing(t('09:05:00'), t('09:06:00'))] };
    expect(changes(before)).toEqual(['new: undefined to in_review']);
    expect(sentBy(before)).toEqual([]);
  });

  it('claims no time that another finding of the window claims already', () => {
    const policy = {
      ...DEFAULT_POLICY,
      correctKinds: new Set<FindingKind>(['boundary_drift', 'missing_in_report']),
    };
    const found = [late, missing(t('09:05:00'), t('09:06:00'))];
    expect(sentBy({ found, policy })).toEqual([
      [t('09:05:00'), t('09:05:05')],
      [t('09:05:05'), t('09:06:00')],
    ]);
  });

  it('is one of several parts when they have one identity', () => {
    const parts = [
      drift(t('09:05:00'), t('09:05:05'), { pieces: [piece(t('09:05:00'), t('09:05:02'))] }),
      drift(t('09:05:00'), t('09:05:05'), {
        pieces: [piece(t('09:05:02'), t('09:05:05'))],
        cutAt: t('09:15:00'),
      }),
    ];
    const [change] = settled({ found: parts }).findings;
    expect(change?.finding).toEqual({ ...late, cutAt: t('09:15:00') });
  });
});

describe('a finding that is judged again', () => {
  it('is unchanged when it is the same', () => {
    const before = { found: [late], stored: [stored(late, { status: 'corrected' })], ledger: [sent] };
    expect(changes(before)).toEqual(['unchanged: corrected to corrected']);
    expect(sentBy(before)).toEqual([]);
  });

  it('is changed when its pieces are, and keeps its corrections when it moved by a second', () => {
    const before = {
      found: [drift(t('09:05:00'), t('09:05:06'))],
      stored: [stored(late, { status: 'corrected' })],
      ledger: [sent],
    };
    expect(changes(before)).toEqual(['changed: corrected to corrected']);
    expect(sentBy(before)).toEqual([]);
  });

  it('is open again when it grew by more than the threshold, and only the rest is sent', () => {
    const before = {
      found: [drift(t('09:05:00'), t('09:05:07.001'))],
      stored: [stored(late, { status: 'corrected' })],
      ledger: [sent],
    };
    expect(changes(before)).toEqual(['changed: corrected to open']);
    expect(sentBy(before)).toEqual([[t('09:05:05'), t('09:05:07.001')]]);
  });

  it('sends nothing for a finding that shrank after it was corrected', () => {
    const before = {
      found: [drift(t('09:05:00'), t('09:05:02.500'))],
      stored: [stored(late, { status: 'corrected' })],
      ledger: [sent],
    };
    expect(changes(before)).toEqual(['changed: corrected to corrected']);
    expect(settled(before)).toMatchObject({ corrections: [], withdrawals: [], takeBacks: [] });
  });

  it('is corrected when it is found again after it was resolved and its correction stands', () => {
    const before = { found: [late], stored: [stored(late, { status: 'resolved' })], ledger: [sent] };
    expect(changes(before)).toEqual(['changed: resolved to corrected']);
    expect(settled(before).findings[0]?.why).toBe('found again');
    expect(sentBy(before)).toEqual([]);
  });

  it('begins anew when it is found again and was never corrected', () => {
    const before = { found: [late], stored: [stored(late, { status: 'resolved' })] };
    expect(changes(before)).toEqual(['changed: resolved to open']);
    expect(sentBy(before)).toEqual([[t('09:05:00'), t('09:05:05')]]);
  });

  it('stays dismissed, until its extent has changed by more than the threshold', () => {
    const dismissed = stored(late, { status: 'dismissed', reviewedMs: 5_000 });
    expect(changes({ found: [late], stored: [dismissed] })).toEqual(['unchanged: dismissed to dismissed']);
    const grown = { found: [drift(t('09:05:00'), t('09:05:07.001'))], stored: [dismissed] };
    expect(changes(grown)).toEqual(['changed: dismissed to in_review']);
    expect(sentBy(grown)).toEqual([]);
  });

  it('stays failed, so that what the vendor refused is not sent again', () => {
    const refused = { ...sent, status: 'refused' as const };
    const before = { found: [late], stored: [stored(late, { status: 'failed' })], ledger: [refused] };
    expect(changes(before)).toEqual(['unchanged: failed to failed']);
    expect(sentBy(before)).toEqual([]);
  });

  it('fails again when it has come back to what the vendor refused', () => {
    const moved = drift(t('09:05:00'), t('09:05:09'));
    const refused = { ...sent, status: 'refused' as const };
    const known = stored(moved, { findingId: LATE, status: 'open' });
    const before = { found: [late], stored: [known], ledger: [refused] };
    expect(changes(before)).toEqual(['changed: open to failed']);
    expect(sentBy(before)).toEqual([]);
    expect(changes({ ...before, found: [moved] })).toEqual(['unchanged: open to open']);
  });

  it('stays held and sends nothing while its run is held', () => {
    const waiting = { ...sent, status: 'held' as const };
    const before = { found: [late], stored: [stored(late, { status: 'held' })], ledger: [waiting] };
    expect(changes(before)).toEqual(['unchanged: held to held']);
    expect(settled(before)).toMatchObject({ corrections: [], withdrawals: [] });
  });

  it('has what a person approved sent once', () => {
    const finding = missing(t('09:05:00'), t('09:06:00'));
    const approved = [stored(finding, { status: 'approved' })];
    const ledger = [held(t('09:05:00'), t('09:06:00'), { findingId: idOf(finding), status: 'waiting' })];
    expect(sentBy({ found: [finding], stored: approved })).toEqual([[t('09:05:00'), t('09:06:00')]]);
    expect(sentBy({ found: [finding], stored: approved, ledger })).toEqual([]);
  });

  it('keeps what only the store knows out of what is written', () => {
    const { findings } = settled({ found: [], stored: [stored(missing(t('08:50:00'), t('09:30:00')))] });
    expect(findings[0]?.finding).not.toHaveProperty('findingId');
    expect(findings[0]?.finding).not.toHaveProperty('status');
  });
});

describe('a finding that several windows share', () => {
  const long = missing(t('08:50:00'), t('09:00:00'), { cutAt: t('09:00:00') });
  const LONG = idOf(long);

  it('is continued: it keeps its kind and instants, and its pieces are joined', () => {
    const more = { ...missing(t('09:00:00'), t('09:10:00')), kind: 'state_mismatch' as const };
    const { findings } = settled({ found: [more], stored: [stored(long)], continues: LONG });
    expect(findings).toMatchObject([
      {
        change: 'changed',
        findingId: LONG,
        finding: {
          kind: 'missing_in_report',
          instant: t('08:50:00'),
          pieces: [{ start: t('08:50:00'), end: t('09:10:00') }],
          cutAt: undefined,
        },
      },
    ]);
  });

  it('keeps its pieces apart where their states differ', () => {
    const pieces = [piece(t('09:00:00'), t('09:10:00'), 'acw', 'break')];
    const more = missing(t('09:00:00'), t('09:10:00'), { pieces });
    const { findings } = settled({ found: [more], stored: [stored(long)], continues: LONG });
    expect(findings[0]?.finding.pieces).toHaveLength(2);
  });

  it('keeps what later windows recorded when this one judges again', () => {
    const whole = missing(t('09:10:00'), t('09:30:00'));
    const again = missing(t('09:10:00'), t('09:15:00'), { cutAt: t('09:15:00') });
    expect(changes({ found: [again], stored: [stored(whole, { status: 'in_review' })] })).toEqual([
      'unchanged: in_review to in_review',
    ]);
  });

  it('goes on with what later windows recorded from the end of this one on', () => {
    const found = [missing(t('09:10:00'), t('09:15:00'), { cutAt: t('09:15:00') })];
    const after = missing(t('09:15:00'), t('09:30:00'), { cutAt: t('09:30:00') });
    const { findings } = settled({ found, stored: [stored(after, { status: 'in_review' })] });
    expect(findings).toMatchObject([
      { change: 'new', finding: missing(t('09:10:00'), t('09:30:00'), { cutAt: t('09:30:00') }) },
      { change: 'resolved', finding: { instant: t('09:15:00'), pieces: after.pieces } },
    ]);
  });

  it('keeps apart what later windows recorded when it is over in this one', () => {
    const long = stored(missing(t('09:05:00'), t('09:30:00'), { cutAt: t('09:30:00') }), {
      status: 'in_review',
    });
    const [again] = settled({ found: [missing(t('09:05:00'), t('09:08:00'))], stored: [long] }).findings;
    expect(again).toMatchObject({ change: 'changed', findingId: idOf(long) });
    expect(again?.finding).toMatchObject({
      pieces: [
        { start: t('09:05:00'), end: t('09:08:00') },
        { start: t('09:15:00'), end: t('09:30:00') },
      ],
      cutAt: t('09:30:00'),
    });
  });

  it('goes on with nothing that is over too early, begins later or is of another group', () => {
    const found = [missing(t('09:10:00'), t('09:15:00'), { cutAt: t('09:15:00') })];
    const behind = [
      missing(t('09:15:00'), t('09:18:59.999')),
      missing(t('09:15:00.001'), t('09:30:00')),
      missing(t('09:15:00'), t('09:30:00'), { group: 'gap', kind: 'report_gap' }),
    ];
    for (const after of behind) {
      expect(settled({ found, stored: [stored(after)] }).findings).toMatchObject([
        { change: 'new', finding: found[0] },
      ]);
    }
  });

  it('takes from what later windows recorded what it reaches into', () => {
    const found = [missing(t('09:10:00'), t('09:17:00'))];
    const after = stored(missing(t('09:16:00'), t('09:30:00')), { status: 'in_review' });
    expect(settled({ found, stored: [after] }).findings).toMatchObject([
      { change: 'new', finding: found[0] },
      {
        change: 'changed',
        status: 'in_review',
        finding: { instant: t('09:16:00'), pieces: [piece(t('09:17:00'), t('09:30:00'))] },
      },
    ]);
    const within = stored(missing(t('09:16:00'), t('09:17:00')));
    expect(settled({ found, stored: [within] }).findings).toMatchObject([
      { change: 'new' },
      { change: 'resolved', finding: { pieces: within.pieces } },
    ]);
  });

  it('takes nothing from a finding of another group', () => {
    const found = [missing(t('09:10:00'), t('09:17:00'))];
    const after = stored(missing(t('09:16:00'), t('09:30:00'), { group: 'gap', kind: 'report_gap' }));
    expect(settled({ found, stored: [after] }).findings).toMatchObject([{ change: 'new' }]);
  });

  it('is all there is of a pair that began in a later window before', () => {
    const before = drift(t('09:15:05'), t('09:15:02'), { pieces: [piece(t('09:15:05'), t('09:15:09'))] });
    const found = [drift(t('09:15:05'), t('09:14:58'))];
    expect(settled({ found, stored: [stored(before)] }).findings).toMatchObject([
      { change: 'changed', finding: found[0] },
    ]);
  });

  it('has the instants of what begins in this window, whatever later windows recorded of it', () => {
    const before = missing(t('09:10:00'), t('09:30:00'), { loggedAt: t('09:10:30') });
    const found = [missing(t('09:10:00'), t('09:15:00'), { cutAt: t('09:15:00') })];
    expect(settled({ found, stored: [stored(before)] }).findings).toMatchObject([
      { change: 'changed', finding: { loggedAt: t('09:10:00'), pieces: before.pieces } },
    ]);
  });

  it('is trimmed to what other windows recorded when nothing of it is left in this one', () => {
    const over = stored(missing(t('08:50:00'), t('09:10:00')), { status: 'in_review' });
    expect(settled({ stored: [over] }).findings).toMatchObject([
      {
        change: 'changed',
        status: 'in_review',
        why: 'partly no longer there',
        finding: { pieces: [{ start: t('08:50:00'), end: t('09:00:00') }], cutAt: undefined },
      },
    ]);
    const beyond = stored(missing(t('09:10:00'), t('09:30:00'), { cutAt: t('09:30:00') }));
    expect(settled({ stored: [beyond] }).findings).toMatchObject([
      { finding: { pieces: [{ start: t('09:15:00'), end: t('09:30:00') }], cutAt: t('09:30:00') } },
    ]);
  });

  it('is unchanged when there was nothing of it in this window', () => {
    const pieces = [piece(t('08:50:00'), t('09:00:00')), piece(t('09:15:00'), t('09:30:00'))];
    const around = stored(missing(t('08:50:00'), t('09:30:00'), { pieces }), { status: 'in_review' });
    expect(changes({ stored: [around] })).toEqual(['unchanged: in_review to in_review']);
  });

  it('is nothing to a window that does not own any of it', () => {
    const before = stored(missing(t('08:50:00'), t('09:01:00')));
    expect(settled({ stored: [before] }).findings).toEqual([]);
  });
});

describe('a finding that is gone', () => {
  it('is resolved, with the pieces that it had', () => {
    const { findings } = settled({ stored: [stored(late, { status: 'corrected', cutAt: t('09:15:00') })] });
    expect(findings).toMatchObject([
      { change: 'resolved', status: 'resolved', previousStatus: 'corrected', finding: { ...late } },
    ]);
  });

  it('keeps its correction at the vendor: the log still supports it', () => {
    const before = { stored: [stored(late, { status: 'corrected' })], ledger: [sent] };
    expect(settled(before)).toMatchObject({ corrections: [], withdrawals: [], takeBacks: [] });
  });

  it.each(['proposed', 'held', 'waiting'] as const)('has its correction withdrawn that is %s', (status) => {
    const before = { stored: [stored(late)], ledger: [{ ...sent, status }] };
    expect(settled(before).withdrawals).toEqual([
      { correctionId: 'c1', why: 'the evidence no longer asks for it' },
    ]);
  });

  it.each(['sending', 'unknown', 'refused', 'taken_back', 'take_back_waiting'] as const)(
    'leaves a correction alone that is %s',
    (status) => {
      const before = { stored: [stored(late)], ledger: [{ ...sent, status }] };
      expect(settled(before).withdrawals).toEqual([]);
    },
  );
});

describe('a correction that has not been sent', () => {
  const waiting = { ...sent, status: 'waiting' as const };
  const shrunkTo = (end: string) => ({
    found: [drift(t('09:05:00'), t(end))],
    stored: [stored(late)],
    ledger: [waiting],
  });

  it('stays when the evidence asks for all of it but for the threshold', () => {
    expect(settled(shrunkTo('09:05:03'))).toMatchObject({ corrections: [], withdrawals: [] });
  });

  it('is withdrawn for a shorter one when the evidence asks for less', () => {
    const { withdrawals, corrections } = settled(shrunkTo('09:05:02.999'));
    expect(withdrawals).toHaveLength(1);
    expect(corrections).toMatchObject([{ start: t('09:05:00'), end: t('09:05:02.999') }]);
  });

  it('is withdrawn when a person dismissed its finding', () => {
    const before = {
      found: [late],
      stored: [stored(late, { status: 'dismissed', reviewedMs: 5_000 })],
      ledger: [waiting],
    };
    expect(settled(before).withdrawals).toHaveLength(1);
  });

  it('is withdrawn though a breaker holds it, when the evidence no longer asks for it', () => {
    const before = {
      found: [drift(t('09:05:00'), t('09:05:02.500'))],
      stored: [stored(late, { status: 'held' })],
      ledger: [{ ...sent, status: 'held' as const }],
    };
    expect(settled(before)).toMatchObject({ withdrawals: [{ correctionId: 'c1' }], corrections: [] });
  });

  it('stays when its finding is not judged', () => {
    const before = { ledger: [{ ...waiting, findingId: 'another' }] };
    expect(settled(before).withdrawals).toEqual([]);
  });
});

describe('time that another state holds at the vendor', () => {
  it('gets no correction until that one is taken back', () => {
    const other = held(t('09:05:00'), t('09:05:05'), {
      correctionId: 'c0',
      findingId: 'older',
      state: 'break',
    });
    expect(sentBy({ found: [late], ledger: [other] })).toEqual([]);
    expect(sentBy({ found: [late], ledger: [{ ...other, status: 'take_back_waiting' }] })).toEqual([]);
    expect(sentBy({ found: [late], ledger: [{ ...other, status: 'taken_back' }] })).toHaveLength(1);
  });
});

describe('a delivered correction that the log no longer supports', () => {
  const why = 'the log no longer says what its correction claims; approving takes the correction back';

  it('has its finding go to review and a person asked, whatever else became of the finding', () => {
    const corrected = [stored(late, { status: 'corrected' })];
    const gone = settled({ stored: corrected, ledger: [sent], unsupported: ['c1'] });
    expect(gone.findings).toMatchObject([
      { change: 'changed', status: 'in_review', previousStatus: 'corrected', why },
    ]);
    expect(gone.takeBacks).toEqual([{ correctionId: 'c1', asked: true }]);
    const still = settled({ found: [late], stored: corrected, ledger: [sent], unsupported: ['c1'] });
    expect(still.findings).toMatchObject([{ change: 'changed', status: 'in_review', why }]);
    expect(still.corrections).toEqual([]);
  });

  it('has a finding go to review that belongs to another window', () => {
    const before = stored(missing(t('08:50:00'), t('09:01:00')), { status: 'corrected' });
    const ledger = [held(t('08:50:00'), t('09:01:00'), { findingId: before.findingId })];
    const { findings } = settled({ stored: [before], ledger, unsupported: ['c1'] });
    expect(findings).toMatchObject([
      { change: 'changed', status: 'in_review', previousStatus: 'corrected', findingId: before.findingId },
    ]);
    expect(findings[0]?.finding.pieces).toEqual(before.pieces);
  });

  it('leaves a finding as it is that is in review already', () => {
    const before = {
      found: [missing(t('09:05:00'), t('09:05:05'))],
      stored: [stored(missing(t('09:05:00'), t('09:05:05')), { status: 'in_review' })],
      ledger: [{ ...sent, findingId: idOf(missing(t('09:05:00'), t('09:05:05'))), takeBackAsked: true }],
      unsupported: ['c1'],
    };
    expect(changes(before)).toEqual(['unchanged: in_review to in_review']);
    expect(settled(before).takeBacks).toEqual([]);
  });

  it('has a new finding begin in review when it stands under its name', () => {
    const before = { found: [late], ledger: [sent], unsupported: ['c1'] };
    expect(changes(before)).toEqual(['new: undefined to in_review']);
  });

  it('is not taken for one that is not delivered', () => {
    const before = {
      found: [late],
      stored: [stored(late)],
      ledger: [{ ...sent, status: 'unknown' as const }],
      unsupported: ['c1'],
    };
    expect(changes(before)).toEqual(['unchanged: open to open']);
    expect(settled(before).takeBacks).toEqual([]);
  });

  it('is no longer asked about once the log supports it again', () => {
    const before = {
      found: [late],
      stored: [stored(late, { status: 'in_review' })],
      ledger: [{ ...sent, takeBackAsked: true }],
    };
    expect(settled(before).takeBacks).toEqual([{ correctionId: 'c1', asked: false }]);
    expect(changes(before)).toEqual(['changed: in_review to corrected']);
    expect(changes({ ...before, stored: [stored(late, { status: 'corrected' })] })).toEqual([
      'unchanged: corrected to corrected',
    ]);
  });
});
