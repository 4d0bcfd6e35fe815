import { describe, expect, it } from 'vitest';
import { StartIndex } from '../../src/domain/start-index.ts';
import { Spans, Stretches } from '../../src/domain/stretches.ts';
import { Timeline } from '../../src/domain/timeline.ts';

function segments(timeline: Timeline): [number, number, number, number][] {
  return Array.from({ length: timeline.count }, (_, i) => [
    timeline.starts[i] as number,
    timeline.endOf(i),
    timeline.codes[i] as number,
    timeline.isStart[i] as number,
  ]);
}

describe('a timeline', () => {
  it('has segments that end where the next one starts, the last at the end of all', () => {
    const timeline = new Timeline();
    timeline.reset(100);
    timeline.push(0, 1, 0);
    timeline.push(40, 2, 1);
    expect(segments(timeline)).toEqual([
      [0, 40, 1, 0],
      [40, 100, 2, 1],
    ]);
    expect(timeline.partners[1]).toBeNaN();
  });

  it('joins what goes on without a start', () => {
    const timeline = new Timeline();
    timeline.reset(100);
    timeline.push(0, 1, 0);
    timeline.push(40, 1, 0);
    timeline.push(50, 1, 1);
    expect(segments(timeline)).toEqual([
      [0, 50, 1, 0],
      [50, 100, 1, 1],
    ]);
  });

  it('replaces a segment of no length, unless it is a start', () => {
    const timeline = new Timeline();
    timeline.reset(100);
    timeline.push(0, 1, 0);
    timeline.push(0, 2, 0);
    timeline.push(30, 3, 1);
    timeline.push(30, 4, 0);
    timeline.push(50, 5, 0);
    timeline.push(50, 4, 0);
    expect(segments(timeline)).toEqual([
      [0, 30, 2, 0],
      [30, 30, 3, 1],
      [30, 100, 4, 0],
    ]);
  });

  it('grows as it must, and keeps what it has', () => {
    const timeline = new Timeline();
    timeline.reset(10_000);
    for (let i = 0; i < 1_000; i++) timeline.push(i, i, 1);
    expect(timeline.count).toBe(1_000);
    expect(timeline.starts[0]).toBe(0);
    expect(timeline.codes[999]).toBe(999);
    expect(timeline.endOf(999)).toBe(10_000);
    timeline.reset(5);
    expect(timeline.count).toBe(0);
  });
});

describe('stretches and spans', () => {
  it('prolong a stretch by one of the same code', () => {
    const stretches = new Stretches();
    stretches.push(0, 1);
    stretches.push(5, 1);
    stretches.push(9, 2);
    expect([...stretches.starts.subarray(0, stretches.count)]).toEqual([0, 9]);
    expect([...stretches.codes.subarray(0, stretches.count)]).toEqual([1, 2]);
    stretches.reset();
    expect(stretches.count).toBe(0);
  });

  it('grow as they must, and keep what they have', () => {
    const stretches = new Stretches();
    for (let i = 0; i < 1_000; i++) stretches.push(i * 10, i);
    expect(stretches.count).toBe(1_000);
    expect([stretches.starts[0], stretches.codes[999]]).toEqual([0, 999]);
  });

  it('join spans that touch or overlap', () => {
    const spans = new Spans();
    spans.add(0, 5);
    spans.add(5, 7);
    spans.add(6, 7);
    spans.add(9, 12);
    expect([spans.starts, spans.ends]).toEqual([
      [0, 9],
      [7, 12],
    ]);
    spans.reset();
    expect(spans.ends).toEqual([]);
  });
});

describe('the starts of a timeline by state', () => {
  it('are sorted by state, then by instant, however many there are', () => {
    const timeline = new Timeline();
    timeline.reset(10_000);
    for (let i = 0; i < 900; i++) timeline.push(i, i % 300, i === 301 ? 0 : 1);
    const index = new StartIndex();
    index.gather(timeline, 300);
    const startsOf = (code: number): number[] => {
      const { instants, from, to } = index.startsOf(code);
      return [...instants.subarray(from, to)];
    };
    expect(startsOf(0)).toEqual([0, 300, 600]);
    expect(startsOf(1)).toEqual([1, 601]);
    expect(startsOf(299)).toEqual([299, 599, 899]);
  });

  it('take their partners by their places', () => {
    const timeline = new Timeline();
    timeline.reset(100);
    for (const at of [10, 20, 30]) timeline.push(at, 0, 1);
    const index = new StartIndex();
    index.gather(timeline, 1);
    const { from } = index.startsOf(0);
    index.pair(timeline, from, 11);
    index.pair(timeline, from + 2, 29);
    expect([...timeline.partners.subarray(0, 3)]).toEqual([11, Number.NaN, 29]);
  });
});
