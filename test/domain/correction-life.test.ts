import { describe, expect, it } from 'vitest';
import type { FindingStatus } from '../../src/domain/finding.ts';
import { DEFAULT_POLICY } from '../../src/domain/policy.ts';
import type { Settlement } from '../../src/domain/settlement.ts';
import { AgentBook } from '../support/agent-book.ts';
import { logOf, QUARTER, reportOf, t } from '../support/rows.ts';

/* From evidence to corrections and back, through the whole of the domain: only the store is played. */

const LOG = 'talking 08:00:00, acw 09:05:00, available 09:08:00';
const LATE = 'talking 08:00:00, acw 09:05:05, available 09:08:00';

/** An agent whose quarter from nine is judged as often as the evidence changes. */
class Agent {
  readonly book = new AgentBook();

  judge(report: string, log = LOG): Settlement {
    return this.book.judge(QUARTER, {
      log: logOf(log),
      report: reportOf(report),
      shifts: [],
      policy: DEFAULT_POLICY,
    });
  }

  /** Judged with the report five seconds late, and the correction delivered. */
  static corrected(): Agent {
    const agent = new Agent();
    agent.judge(LATE);
    agent.book.deliver();
    return agent;
  }

  get statuses(): FindingStatus[] {
    return [...this.book.findings.values()].map(({ status }) => status);
  }

  get corrections(): [number, number, string, string][] {
    return this.book.ledger.map(({ start, end, state, status }) => [start, end, state, status]);
  }
}

const DELIVERED = [[t('09:05:00'), t('09:05:05'), 'acw', 'delivered']];
const NOTHING_DONE = { corrections: [], withdrawals: [], takeBacks: [] };

describe('a drift that was corrected', () => {
  it('was claimed for the time between both instants', () => {
    const agent = Agent.corrected();
    expect(agent.corrections).toEqual(DELIVERED);
    expect(agent.statuses).toEqual(['corrected']);
  });

  it('is not corrected again while it stays visible in the report', () => {
    const agent = Agent.corrected();
    for (let i = 0; i < 3; i++) expect(agent.judge(LATE)).toMatchObject(NOTHING_DONE);
    expect(agent.corrections).toEqual(DELIVERED);
    expect(agent.statuses).toEqual(['corrected']);
  });

  it('is resolved by a report that shows the correction, which makes no finding and is not taken back', () => {
    const agent = Agent.corrected();
    expect(agent.judge(LOG)).toMatchObject(NOTHING_DONE);
    expect(agent.statuses).toEqual(['resolved']);
    expect(agent.corrections).toEqual(DELIVERED);
  });

  it('is corrected and no more when it comes back after it was resolved', () => {
    const agent = Agent.corrected();
    agent.judge(LOG);
    expect(agent.judge(LATE)).toMatchObject(NOTHING_DONE);
    expect(agent.statuses).toEqual(['corrected']);
  });

  it('sends nothing when an edge moves by a second, either way, again and again', () => {
    const agent = Agent.corrected();
    for (const second of ['06', '05', '04', '03', '06', '07']) {
      const report = `talking 08:00:00, acw 09:05:${second}, available 09:08:00`;
      expect(agent.judge(report)).toMatchObject(NOTHING_DONE);
    }
    expect(agent.corrections).toEqual(DELIVERED);
  });

  it('has only the rest sent when it grows by more than the threshold', () => {
    const agent = Agent.corrected();
    agent.judge('talking 08:00:00, acw 09:05:08, available 09:08:00');
    expect(agent.corrections).toEqual([...DELIVERED, [t('09:05:05'), t('09:05:08'), 'acw', 'proposed']]);
    expect(agent.statuses).toEqual(['open']);
  });

  it('has its correction stand when the report turns to the other side', () => {
    const agent = Agent.corrected();
    agent.judge('talking 08:00:00, acw 09:04:55, available 09:08:00');
    expect(agent.corrections).toEqual([...DELIVERED, [t('09:04:55'), t('09:05:00'), 'talking', 'proposed']]);
  });

  it('has a person asked when a late transition takes the log from under its correction', () => {
    const agent = Agent.corrected();
    const log = 'talking 08:00:00, acw 09:05:00, break 09:05:01, available 09:08:00';
    const settlement = agent.judge(LATE, log);
    expect(settlement.takeBacks).toEqual([{ correctionId: 'c0', asked: true }]);
    expect(settlement.withdrawals).toEqual([]);
    expect(agent.book.findings.get(`boundary_drift@${t('09:05:00')}`)?.status).toBe('in_review');
    expect(agent.corrections.filter(([, , , status]) => status === 'delivered')).toEqual(DELIVERED);
  });

  it('has nobody asked when a late transition says the same for all but the threshold', () => {
    const agent = Agent.corrected();
    const log = 'talking 08:00:00, acw 09:05:00, break 09:05:03, available 09:08:00';
    expect(agent.judge(LATE, log).takeBacks).toEqual([]);
  });
});

describe('a correction that has not been sent yet', () => {
  it('is withdrawn when the report agrees before it is sent', () => {
    const agent = new Agent();
    agent.judge(LATE);
    agent.judge(LOG);
    expect(agent.statuses).toEqual(['resolved']);
    expect(agent.corrections).toEqual([[t('09:05:00'), t('09:05:05'), 'acw', 'withdrawn']]);
  });

  it('is made again when the drift comes back', () => {
    const agent = new Agent();
    agent.judge(LATE);
    agent.judge(LOG);
    agent.judge(LATE);
    expect(agent.statuses).toEqual(['open']);
    expect(agent.corrections.map(([, , , status]) => status)).toEqual(['withdrawn', 'proposed']);
  });

  it('makes way for a longer one only where it does not hold the time itself', () => {
    const agent = new Agent();
    agent.judge(LATE);
    agent.judge('talking 08:00:00, acw 09:05:20, available 09:08:00');
    expect(agent.corrections).toEqual([
      [t('09:05:00'), t('09:05:05'), 'acw', 'proposed'],
      [t('09:05:05'), t('09:05:20'), 'acw', 'proposed'],
    ]);
  });
});
