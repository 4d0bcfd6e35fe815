import type { Program } from '../src/program.ts';
import { runAndReport } from './reconcile.ts';

/** Judges again what the vendor may have revised since (reconciliation.md 5): the last hours that are configured. */
export async function recheck(program: Program, signal: AbortSignal): Promise<void> {
  const to = program.clock.now() - program.config.policy.marginMs;
  const from = to - program.config.recheckMs;
  await runAndReport(program, { trigger: 'recheck', from, to, agents: undefined }, signal);
}
