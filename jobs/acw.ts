import type { Program } from '../src/program.ts';

/** Watches after-call work: contracts, rules, overrides that nobody waits for, and escalations that wait. */
export async function acw(program: Program, signal: AbortSignal): Promise<void> {
  const report = await program.control.watchRound(signal);
  if (report === undefined) return;
  const { escalations, ...watched } = report;
  program.log.debug({ ...watched, escalations }, 'after-call work watched');
}
