import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ContactCentre } from '../../src/simulator/contact-centre.ts';
import { Floor } from '../../src/simulator/floor.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const MONDAY = Date.parse('2025-03-03T00:00:00Z');

const anySeed = fc.integer();
const anyIndex = fc.integer({ min: 0, max: 199 });
const anyInstant = fc.integer({ min: MONDAY, max: MONDAY + 300 * DAY_MS });

describe('an agent who is kept but left alone', () => {
  test.each([false, true])('lives the seeded day to the millisecond (other channels: %s)', (withChannels) => {
    fc.assert(
      fc.property(
        anySeed,
        anyIndex,
        anyInstant,
        fc.array(fc.integer({ min: 1, max: 200 * MINUTE_MS }), { minLength: 1, maxLength: 20 }),
        (seed, index, now, steps) => {
          const centre = new ContactCentre(seed, 200);
          const floor = new Floor(centre, { withChannels });
          const [user] = centre.users(index, index + 1);
          floor.keep(user!, now);
          let to = now;
          for (const step of steps) {
            to += step;
            expect(floor.current(user!, to)).toEqual(centre.current(user!, to));
          }
          expect(floor.truth(user!, now - 5 * DAY_MS, to)).toEqual(centre.truth(user!, now - 5 * DAY_MS, to));
        },
      ),
      { numRuns: 60 },
    );
  });
});
