import type { Program } from '../src/program.ts';

/** Carries out status changes that were put off, and compares presence with telephony. */
export async function deferred(program: Program, signal: AbortSignal): Promise<void> {
  const report = await program.control.status.round(signal);
  if (report === undefined) return;
  const { ended, waiting, failed, presence } = report;
  const fields = { ended, waiting, failed, presence };
  const isNews = Object.keys(ended).length > 0 || failed > 0;
  if (isNews) program.log.info(fields, 'deferred changes looked at');
  else program.log.debug(fields, 'deferred changes looked at');
}
