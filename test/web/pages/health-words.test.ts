import { describe, expect, it } from 'vitest';
import type { ServiceFigures } from '../../../src/usecases/web-ports.ts';
import { conditionOf } from '../../../src/web/pages/health-words.ts';
import { textOf } from '../../../src/web/pages/html.ts';

const MINUTE = 60_000;
const NOW = Date.UTC(2026, 2, 2, 12);

const WELL: ServiceFigures = {
  lastGoodRunAt: NOW - 5 * MINUTE,
  lastRun: { runId: 7, status: 'done', agents: { planned: 9, judged: 9, failed: 0 } },
  heldRuns: 0,
  agents: 9,
  oldestWatermark: NOW - 10 * MINUTE,
  findings: [{ kind: 'boundary_drift', status: 'corrected', count: 4 }],
  corrections: [{ status: 'delivered', count: 4 }],
  oldestUnsettledAt: undefined,
  databaseBytes: 1,
  walBytes: 1,
};

/** Tone, headline and what there is to do, without markup. */
function condition(figures: Partial<ServiceFigures>, isOnHold = false) {
  const { tone, headline, toDo } = conditionOf({ ...WELL, ...figures }, isOnHold, NOW);
  const links = toDo.map((line) => /href="([^"]*)"/.exec(textOf(line))?.[1]);
  return { tone, headline, toDo: toDo.map((line) => textOf(line).replace(/<[^>]*>/g, '')), links };
}

function findings(status: 'failed' | 'in_review', count: number): Partial<ServiceFigures> {
  return { findings: [{ kind: 'boundary_drift', status, count }] };
}

describe('the condition', () => {
  it('is good when nothing is wrong', () => {
    expect(condition({})).toEqual({ tone: 'good', headline: 'Running as it should', toDo: [], links: [] });
  });

  it.each([
    ['a hold after a restore', {}, true, /then run adherence resume/, undefined],
    ['a held run', { heldRuns: 1 }, false, /holds 1 run.*release or drop it/, '/runs?status=held'],
    [
      'refused corrections',
      findings('failed', 2),
      false,
      /refused the correction of 2/,
      '/findings?status=failed',
    ],
    ['a silence', { lastGoodRunAt: NOW - 60 * MINUTE }, false, /ended 1 h 00 min ago/, '/runs/7'],
    ['no good run ever', { lastGoodRunAt: undefined }, false, /No run has gone well/, '/runs/7'],
    [
      'agents that fail',
      { lastRun: { runId: 8, status: 'partial', agents: { planned: 9, judged: 7, failed: 2 } } },
      false,
      /could not judge 2 agents/,
      '/runs/8',
    ],
    [
      'a failed run',
      { lastRun: { runId: 9, status: 'failed', agents: { planned: 9, judged: 0, failed: 0 } } },
      false,
      /the last one, failed/,
      '/runs/9',
    ],
    [
      'an agent far behind',
      { oldestWatermark: NOW - 180 * MINUTE },
      false,
      /only up to 3 h 00 min ago/,
      '/runs',
    ],
    [
      'corrections that do not get on',
      { oldestUnsettledAt: NOW - 90 * MINUTE },
      false,
      /has waited for 1 h 30 min/,
      undefined,
    ],
  ] as const)('of %s needs attention, and says what to do', (_what, figures, isOnHold, words, link) => {
    const { tone, headline, toDo, links } = condition(figures, isOnHold);
    expect([tone, headline]).toEqual(['bad', '1 thing needs attention']);
    expect(toDo).toEqual([expect.stringMatching(words)]);
    expect(links).toEqual([link]);
  });

  it('of findings that wait for a person is good, and leads to them', () => {
    const { tone, toDo, links } = condition(findings('in_review', 1));
    expect([tone, toDo, links]).toEqual([
      'good',
      ['1 finding waits for a person. Review it.'],
      ['/findings?status=in_review'],
    ]);
  });

  it('of a service that has done nothing yet is to be waited for', () => {
    const { tone, headline } = condition({ lastRun: undefined, lastGoodRunAt: undefined });
    expect([tone, headline]).toEqual(['wait', 'Nothing has run yet']);
  });
});
