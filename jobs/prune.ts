import type { Program } from '../src/program.ts';

/** Deletes what retention allows to go. */
export async function prune(program: Program, signal: AbortSignal): Promise<void> {
  program.log.info({ deleted: await program.prune(signal) }, 'pruned');
}
