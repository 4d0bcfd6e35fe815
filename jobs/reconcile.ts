import type { Program, ReconcileRequest } from '../src/program.ts';

/** One reconciliation of all that is due, the delivery after it, and the run's CSV. */
export async function reconcile(program: Program, signal: AbortSignal): Promise<void> {
  await runAndReport(program, { trigger: 'cron', from: undefined, to: undefined, agents: undefined }, signal);
}

/** A run whose CSV is left in the report folder; agents that could not be judged are warned of. */
export async function runAndReport(
  program: Program,
  request: ReconcileRequest,
  signal: AbortSignal,
): Promise<void> {
  const { runId, errors } = await program.run(request, signal);
  for (const error of errors.slice(0, 20)) program.log.warn({ runId, ...error }, 'not judged');
  if (runId !== undefined) await program.leaveReports(runId);
}
