import { describe, expect, it } from 'vitest';
import { NO_REPORT_FAULTS } from '../../src/simulator/report-faults.ts';
import type { Simulator } from '../../src/simulator/server.ts';
import {
  adherence,
  adherenceJson,
  type Environment,
  EXIT,
  environment,
  folder,
  importTruth,
  type RunDocument,
  simulatorOfTest,
} from '../cli/support.ts';
import { expectLedgersAgree } from './ledgers.ts';

async function contactCentre(seed: number): Promise<{ simulator: Simulator; env: Environment }> {
  const simulator = await simulatorOfTest({ seed, agents: 30 });
  const env = environment(await folder(), simulator);
  await importTruth(simulator, env);
  return { simulator, env };
}

describe('the circuit breakers', { timeout: 120_000 }, () => {
  it('let ordinary drift pass, which is late by one to four seconds', async () => {
    const { simulator, env } = await contactCentre(41);
    const run = await adherenceJson<RunDocument>(['run'], env);
    expect(run).toMatchObject({ status: 'done', corrections: { held: 0 } });
    expect(run.corrections.delivered).toBeGreaterThan(100);
    expectLedgersAgree(simulator, env);
  });

  it('hold a run whose whole report is late by the same three seconds, until a person decides', async () => {
    const { simulator, env } = await contactCentre(42);
    const { vendor } = simulator;
    vendor.reporter.faults = { ...NO_REPORT_FAULTS, constantShiftMs: 3_000 };
    const run = await adherenceJson<RunDocument>(['run'], env, EXIT.partial);
    expect(run).toMatchObject({ status: 'held', corrections: { delivered: 0, waiting: 0 } });
    expect(run.corrections.held).toBe(run.corrections.made);
    expect(run.errors).toMatchObject([{ agent: '', code: 'clock_shift' }]);
    expect(run.errors[0]?.message).toMatch(/median of 3000 ms .*adherence runs release 1 --note/);
    expect(vendor.counts.of('POST adjustment')).toBe(0);
    expect((await adherence(['deliver'], env)).status).toBe(EXIT.done);
    expect(vendor.counts.of('POST adjustment')).toBe(0);
    expect((await adherence(['runs', 'drop', '1', '--note', 'a clock was wrong'], env)).status).toBe(
      EXIT.done,
    );
    expect((await adherence(['export', '--status', 'held'], env)).stdout.split('\r\n')).toHaveLength(2);
    // Once the clock is right again the differences are gone, and nothing was ever sent for them.
    vendor.reporter.faults = NO_REPORT_FAULTS;
    const range = ['--from', run.from as string, '--to', run.to as string];
    const again = await adherenceJson<RunDocument>(['run', ...range], env);
    expect(again.findings.resolved).toBeGreaterThan(100);
    expect(vendor.counts.of('POST adjustment')).toBe(0);
  });

  it('let a held run go when a person releases it', async () => {
    const { simulator, env } = await contactCentre(43);
    const limited = { ...env, ADHERENCE_MAX_CORRECTIONS_PER_RUN: '10' };
    const run = await adherenceJson<RunDocument>(['run'], limited, EXIT.partial);
    expect(run.errors).toMatchObject([{ code: 'too_many_corrections' }]);
    expect((await adherence(['runs', 'release', '1', '--note', 'checked'], limited)).status).toBe(EXIT.done);
    const delivered = await adherenceJson(['deliver'], limited);
    expect(delivered).toMatchObject({ delivered: run.corrections.held, waiting: 0, unknown: 0 });
    expect(expectLedgersAgree(simulator, env)).toBe(run.corrections.held);
  });
});
