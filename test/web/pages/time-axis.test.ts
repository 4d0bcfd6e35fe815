import { describe, expect, it } from 'vitest';
import { formatInstant, type Interval } from '../../../src/domain/instant.ts';
import { textOf } from '../../../src/web/pages/html.ts';
import { lanesChart } from '../../../src/web/pages/lanes-chart.ts';
import { offsetWords, ticksOf, tickWords } from '../../../src/web/pages/time-axis.ts';

function range(start: string, end: string): Interval {
  return { start: Date.parse(start), end: Date.parse(end) };
}

const AUTUMN = range('2026-11-01T04:00:00Z', '2026-11-02T05:00:00Z');
const BEFORE = '-04:00, from 11-01 06:00Z on -05:00';

describe("the axis of an agent's time", () => {
  it.each([
    ['a usual day', 'America/New_York', range('2026-10-30T04:00:00Z', '2026-10-31T04:00:00Z'), '-04:00'],
    ['a day of 25 hours', 'America/New_York', AUTUMN, BEFORE],
    [
      'a day of 23 hours',
      'Europe/Berlin',
      range('2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z'),
      '+01:00, from 03-29 01:00Z on +02:00',
    ],
    [
      'half an hour',
      'Australia/Lord_Howe',
      range('2026-04-04T12:00:00Z', '2026-04-04T18:00:00Z'),
      '+11:00, from 04-04 15:00Z on +10:30',
    ],
    [
      'a stretch that ends as clocks change',
      'America/New_York',
      range('2026-11-01T05:00:00Z', '2026-11-01T06:00:00Z'),
      '-04:00',
    ],
    [
      'one that begins as they do',
      'America/New_York',
      range('2026-11-01T06:00:00Z', '2026-11-01T07:00:00Z'),
      '-05:00',
    ],
    ['UTC', 'UTC', AUTUMN, '+00:00'],
  ])('names each offset of %s, and from when on it holds', (_, zone, shown, words) => {
    expect(offsetWords(shown, zone)).toBe(words);
  });

  it('has them in the picture', async () => {
    const drawn = textOf(await lanesChart([], [], AUTUMN, 'America/New_York'));
    expect(drawn).toContain(`America/New_York (${BEFORE})`);
  });

  it('stays at round times of the clock when it is changed', () => {
    const hours = ticksOf(AUTUMN, 'America/New_York').map(tickWords('America/New_York', AUTUMN));
    expect(hours.slice(0, 4)).toEqual(['11-01', '02:00', '04:00', '06:00']);
    expect(hours.at(-1)).toBe('22:00');
    const week = range('2026-10-29T04:00:00Z', '2026-11-05T04:00:00Z');
    const days = ticksOf(week, 'America/New_York').map(tickWords('America/New_York', week));
    expect(days.every((words) => words.includes('-') || words === '12:00')).toBe(true);
  });

  it('has each time once, though the clock shows it twice', () => {
    const shown = range('2026-11-01T05:00:00Z', '2026-11-01T07:00:00Z');
    const ticks = ticksOf(shown, 'America/New_York');
    expect(ticks.map(formatInstant).slice(0, 2)).toEqual([
      '2026-11-01T05:00:00.000Z',
      '2026-11-01T05:10:00.000Z',
    ]);
    expect(ticks).toHaveLength(12);
    expect(ticks.map(tickWords('America/New_York', shown))).toEqual([
      ...['01:00', '01:10', '01:20', '01:30', '01:40', '01:50'],
      ...['01:00', '01:10', '01:20', '01:30', '01:40', '01:50'],
    ]);
  });
});
