import type { Program } from '../src/program.ts';

/** Carries out status changes that were put off, keeps the registry of sessions, and compares presence with telephony. */
export async function deferred(program: Program, signal: AbortSignal): Promise<void> {
  const report = await program.control.status.round(signal);
  if (report === undefined) return;
  const { ended, failed } = report;
  const isNews = Object.keys(ended).length > 0 || failed > 0;
  if (isNews) program.log.info(report, 'deferred changes looked at');
  else program.log.debug(report, 'deferred changes looked at');
}
