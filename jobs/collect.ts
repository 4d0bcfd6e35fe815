import type { Program } from '../src/program.ts';

/** One poll of every agent's status. */
export async function collect(program: Program, signal: AbortSignal): Promise<void> {
  const { errors, ...counts } = await program.collect(signal);
  const [first] = errors;
  if (first === undefined) program.log.info(counts, 'agents polled');
  else program.log.warn({ ...counts, first }, 'agents polled, not all of them');
}
