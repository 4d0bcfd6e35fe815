import { describe, expect, it } from 'vitest';
import { hasShrunk, mustRead } from '../../src/domain/states-list.ts';

const NOW = 1_000_000_000;
const RULE = { at: NOW, settleMs: 60_000, rereadMs: 240_000 };
const ENTRY = { type: 'Busy', name: 'Talking', at: NOW - 600_000 };
const BEFORE = { entry: ENTRY, readAt: NOW - 60_000 };

describe('whom the list says to read', () => {
  it('lets be only whose listed entry stayed and who was read lately', () => {
    expect(mustRead({ ...ENTRY }, BEFORE, RULE)).toBe(false);
  });

  it.each([
    ['who is not listed', undefined, BEFORE],
    ['who was never read', ENTRY, undefined],
    ['who was not listed before', ENTRY, { ...BEFORE, entry: undefined }],
    ['whose instant moved', { ...ENTRY, at: ENTRY.at + 1 }, BEFORE],
    ['whose type changed', { ...ENTRY, type: 'Away' }, BEFORE],
    ['whose name changed', { ...ENTRY, name: 'Wrap Up' }, BEFORE],
    ['who was read too long ago', ENTRY, { ...BEFORE, readAt: NOW - RULE.rereadMs }],
    ['who was read in the future, before a clock was set back', ENTRY, { ...BEFORE, readAt: NOW + 1 }],
  ])('reads %s', (_who, entry, before) => {
    expect(mustRead(entry, before, RULE)).toBe(true);
  });

  it('reads a new state again until it was seen to hold for as long as its image may be off', () => {
    const entry = { ...ENTRY, at: NOW - 100_000 };
    const readAfter = (ms: number) => ({ entry, readAt: entry.at + ms });
    expect(mustRead(entry, readAfter(59_999), RULE)).toBe(true);
    expect(mustRead(entry, readAfter(60_000), RULE)).toBe(false);
  });
});

describe('a list that shrinks', () => {
  const before = { at: NOW - 60_000, agents: 40 };

  it.each([
    ['to less than half', before, 19, true],
    ['to nobody', before, 0, true],
    ['to half', before, 20, false],
    ['over night', { ...before, at: NOW - 900_001 }, 0, false],
    ['of a few', { ...before, agents: 3 }, 0, false],
    ['never seen before', undefined, 0, false],
  ])('%s', (_how, earlier, agents, expected) => {
    expect(hasShrunk(earlier, { at: NOW, agents })).toBe(expected);
  });
});
