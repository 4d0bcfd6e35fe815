import { expect, test } from 'vitest';
import { ContactCentre } from '../../src/simulator/contact-centre.ts';
import { transitionsNdjson } from '../../src/simulator/transitions-file.ts';

const FROM = Date.parse('2025-06-10T00:00:00Z');
const TO = Date.parse('2025-06-12T00:00:00Z');

test('every transition of the range is one line that import can read', () => {
  const centre = new ContactCentre(5, 3);
  const lines = [...transitionsNdjson(centre, FROM, TO)];
  const truth = centre.users(0, 3).flatMap((user) => centre.truth(user, FROM, TO));
  expect(lines.every((line) => line.endsWith('}\n'))).toBe(true);
  const entries = lines.map((line) => JSON.parse(line) as Record<string, string>);
  expect(entries.map((entry) => Date.parse(entry.updatedTimestamp!))).toEqual(truth.map((one) => one.at));
  expect(entries.map((entry) => entry.state)).toEqual(truth.map((one) => one.state));
  expect(new Set(entries.map((entry) => entry.eventId)).size).toBe(lines.length);
  expect(entries.every((entry) => entry.receivedAt! > entry.updatedTimestamp!)).toBe(true);
});

test('only the agents asked for are written', () => {
  const centre = new ContactCentre(5, 3);
  const users = [...transitionsNdjson(centre, FROM, TO, ['usr_000002'])].map(
    (line) => (JSON.parse(line) as { userId: string }).userId,
  );
  expect(new Set(users)).toEqual(new Set(['usr_000002']));
  expect(() => [...transitionsNdjson(centre, FROM, TO, ['usr_000009'])]).toThrow('usr_000009');
});
