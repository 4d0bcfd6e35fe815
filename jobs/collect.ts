import type { Program } from '../src/program.ts';

/** One poll of every agent's status. */
export async function collect(program: Program, signal: AbortSignal): Promise<void> {
  const { errors, list, ...agents } = await program.collect(signal);
  const counts = { ...agents, ...(list && { read: list.read }) };
  if (list?.failure !== undefined || list?.shrankFrom !== undefined) {
    program.log.warn(
      list,
      "everybody was read one by one: the list of agents' states could not be relied on",
    );
  }
  const [first] = errors;
  if (first === undefined) program.log.info(counts, 'agents polled');
  else program.log.warn({ ...counts, first }, 'agents polled, not all of them');
}
