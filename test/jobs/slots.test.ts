import cron from 'node-cron';
import { expect, test } from 'vitest';
import { slotsBetween } from '../../jobs/slots.ts';

const at = (text: string): number => Date.parse(text);
const every = (minutes: number) => (slot: Date) => slot.getUTCMinutes() % minutes === 0;

test('slots are those after the last one known, up to and including now', () => {
  const slots = slotsBetween(every(15), at('2026-03-29T00:45:00Z'), at('2026-03-29T01:30:00Z'), false);
  expect(slots).toEqual(['01:00', '01:15', '01:30'].map((time) => at(`2026-03-29T${time}:00Z`)));
});

test('between two slots there is none', () => {
  expect(slotsBetween(every(15), at('2026-03-29T00:45:00Z'), at('2026-03-29T00:59:59.999Z'), false)).toEqual(
    [],
  );
});

test('a schedule with seconds has slots within the minute', () => {
  const matches = (slot: Date): boolean => slot.getUTCSeconds() % 20 === 0;
  const slots = slotsBetween(matches, at('2026-03-29T00:00:00.500Z'), at('2026-03-29T00:01:00Z'), true);
  expect(slots).toEqual([20, 40, 60].map((seconds) => at('2026-03-29T00:00:00Z') + seconds * 1000));
});

test('of a clock that went back there is none', () => {
  expect(slotsBetween(every(1), at('2026-03-29T02:00:00Z'), at('2026-03-29T01:00:00Z'), false)).toEqual([]);
});

test('a year of being down is looked through within the bounds, and fast', async () => {
  const task = cron.createTask('*/15 * * * *', () => undefined, { timezone: 'UTC' });
  const begun = performance.now();
  const slots = slotsBetween(
    (slot) => task.match(slot),
    at('2025-03-29T00:00:00Z'),
    at('2026-03-29T00:00:00Z'),
    false,
  );
  expect(performance.now() - begun).toBeLessThan(3_000);
  expect(slots.at(-1)).toBe(at('2026-03-29T00:00:00Z'));
  expect(slots.length).toBeLessThanOrEqual(20_000 / 15 + 1);
  await task.destroy();
});
