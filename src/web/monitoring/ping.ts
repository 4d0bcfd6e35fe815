import type { Clock, Log } from '../../usecases/ports.ts';

const TIMEOUT_MS = 10_000;

/** Tells a dead man's switch that a good run has ended. It failing is no failure of the run; silence is what it is for. */
export async function ping(
  url: URL,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Promise<void> {
  try {
    const answer = await fetch(url, { redirect: 'error', signal: clock.timeoutSignal(TIMEOUT_MS) });
    await answer.body?.cancel();
    if (!answer.ok) log.warn({ status: answer.status }, 'the ping after a good run was not taken');
  } catch (err) {
    log.warn({ err }, 'the ping after a good run could not be sent');
  }
}
