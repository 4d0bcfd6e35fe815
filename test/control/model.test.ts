import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Tamper } from '../simulation/process.ts';
import { quieten, quietFaults, safetyFaults } from './checker.ts';
import { HAPPENINGS, type Model } from './commands.ts';
import { MUTANTS } from './mutants.ts';
import { ControlWorld } from './world.ts';

/*
 * Any interleaving of calls, chats, ends of after-call work, requests, expiring tokens, faults and deaths, against the
 * simulated vendor, the real client and the real database. CONTROL_MODEL_RUNS plays more worlds than the suite does,
 * CONTROL_MODEL_SEED others; what fails is printed with its seed, shortened as far as it goes.
 */
const RUNS = Number(process.env.CONTROL_MODEL_RUNS ?? 20);
const SEED = Number(process.env.CONTROL_MODEL_SEED ?? 5);
/** A mutant that lives longer than this has got away. */
const MUTANT_RUNS = 150;
const PATIENCE = { timeout: 3_600_000 };

const happenings = fc.commands([...HAPPENINGS], { maxCommands: 60, size: 'max' });
const surroundings = fc.record({ seed: fc.nat(), isTold: fc.boolean(), isRough: fc.boolean() });
type Surroundings = typeof surroundings extends fc.Arbitrary<infer Drawn> ? Drawn : never;
type Commands = Iterable<fc.AsyncCommand<Model, ControlWorld>>;

/** @throws when anything was wrong in it */
async function play(drawn: Surroundings, commands: Commands, tamper?: Tamper): Promise<void> {
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'control-model-'));
  const real = new ControlWorld(drawn.seed, join(folder, 'ledger.db'), tamper);
  real.isTold = drawn.isTold;
  if (drawn.isRough) real.network.faults = { refused: 0.03, lost: 0.03, late: 0 };
  try {
    await fc.asyncModelRun(() => ({ model: { sessions: 0, overrides: 0 }, real }), commands);
    await real.finish();
    complain(await safetyFaults(real));
    await quieten(real);
    complain(await quietFaults(real));
  } finally {
    await real.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function complain(faults: readonly string[]): void {
  if (faults.length > 0) throw new Error(faults.join('\n'));
}

describe('whatever happens between calls, requests, faults and deaths', () => {
  test('nobody is cut off, nothing is done twice, and everything comes to one end', PATIENCE, async () => {
    const property = fc.asyncProperty(surroundings, happenings, (drawn, commands) => play(drawn, commands));
    await fc.assert(property, { numRuns: RUNS, seed: SEED });
  });
});

describe('the checker finds a program that', () => {
  test.each(MUTANTS)('$wrong', PATIENCE, async ({ says, tamper }) => {
    const property = fc.asyncProperty(surroundings, happenings, (drawn, commands) =>
      play(drawn, commands, tamper),
    );
    const played = await fc.check(property, { numRuns: MUTANT_RUNS, seed: SEED, endOnFailure: true });
    expect(String(played.errorInstance)).toMatch(says);
  });
});
