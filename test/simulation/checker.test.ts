import { expect, test } from 'vitest';
import * as mutants from './mutants.ts';
import type { Tamper } from './process.ts';
import { play } from './universe.ts';

/** Worlds that are played one after the other until one of them shows what is broken, and how far. */
const SEEDS = [11, 12, 13, 14, 15, 16];
const DAYS = 4;

const BROKEN: readonly (readonly [what: string, tamper: Tamper, says: RegExp])[] = [
  ['sends before it commits', mutants.sendBeforeCommit, /sent before its attempt was committed/],
  ['sends again under a new key', mutants.newKeyOnRetry, /corrected twice|that the ledger lacks/],
  ['drops what it has no answer to', mutants.dropUnknown, /not settled|in force at the vendor|not corrected/],
  ['does not fence', mutants.noFencing, /lost its lock, woke up and changed the ledger|run .* failed/],
  [
    'sends from a run that is not closed',
    mutants.sendFromUnclosedRun,
    /sent while its run is (running|held|dropped|set aside)/,
  ],
  ['ignores the ledger', mutants.ignoreLedger, /corrected twice/],
];

/** On a busy machine; alone each takes some seconds. */
const TIMEOUT_MS = 180_000;

test.each(BROKEN)(
  'the checker catches an outbox that %s',
  { timeout: TIMEOUT_MS },
  async (_what, tamper, says) => {
    const faults: string[] = [];
    for (const seed of SEEDS) {
      const played = await play(seed, { days: DAYS }, { tamper });
      faults.push(...played.faults);
      if (played.faults.some((fault) => says.test(fault))) return;
    }
    expect.fail(
      `${SEEDS.length} worlds of ${DAYS} days did not show it; they said:\n${faults.slice(0, 20).join('\n')}`,
    );
  },
);

test('the same seed plays the same world, step by step', { timeout: TIMEOUT_MS }, async () => {
  const [one, other] = [
    await play(21, { days: 3 }, { keepTrace: true }),
    await play(21, { days: 3 }, { keepTrace: true }),
  ];
  expect(one.trace.lines!.length).toBeGreaterThan(1_000);
  expect(other.trace.lines).toEqual(one.trace.lines);
  expect(other.digest).toBe(one.digest);
});
