import { expect, it } from 'vitest';
import { isAbandoned } from '../../src/domain/sending.ts';

const MINUTE = 60_000;

it.each([
  ['by a process that is gone', 'gone', 0, true],
  ['by one that is there', 'there', 10 * MINUTE, false],
  ['by one that began longer ago than any sending lasts', 'there', 10 * MINUTE + 1, true],
])('what is sent %s is abandoned: %s, after %i ms: %s', (_, owner, now, abandoned) => {
  expect(isAbandoned({ owner, begunAt: 0 }, (name) => name === 'gone', now)).toBe(abandoned);
});
