import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readInstant, writeInstant } from '../../src/simulator/wire.ts';

test('what is written of an instant is read as the same instant', () => {
  const anyInstant = fc.integer({ min: 0, max: Date.parse('2200-01-01T00:00:00Z') });
  fc.assert(
    fc.property(anyInstant, (instant) => {
      expect(readInstant(writeInstant(instant))).toBe(instant);
    }),
  );
});

test('whole seconds have no fraction, others have milliseconds', () => {
  const noon = Date.parse('2024-02-29T12:00:00Z');
  expect(writeInstant(noon)).toBe('2024-02-29T12:00:00Z');
  expect(writeInstant(noon + 7)).toBe('2024-02-29T12:00:00.007Z');
  expect(writeInstant(noon - 1)).toBe('2024-02-29T11:59:59.999Z');
});

test.each([
  '2025-02-30T00:00:00Z',
  '2025-02-28T00:00:00+00:00',
  '2025-02-28T00:00Z',
  '2025-02-28',
  '2025-02-28T24:00:00Z',
  '',
  null,
])('%s is no instant on this wire', (text) => {
  expect(readInstant(text)).toBeUndefined();
});
