import type { Program } from '../src/program.ts';

/** One reconciliation of all that is due, the delivery after it, and the run's CSV. */
export async function reconcile(program: Program, signal: AbortSignal): Promise<void> {
  const request = { trigger: 'cron', from: undefined, to: undefined, agents: undefined };
  const { runId, errors } = await program.run(request, signal);
  for (const error of errors.slice(0, 20)) program.log.warn({ runId, ...error }, 'agent could not be judged');
  if (runId === undefined) return;
  const path = await program.leaveReport(runId, program.clock.now());
  program.log.debug({ runId, path }, 'drift CSV left');
}
