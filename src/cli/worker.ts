import { Command } from 'commander';
import { runWorker } from '../../jobs/worker.ts';
import { withProgram } from './context.ts';

export function workerCommand(onStatus: (status: number) => void): Command {
  return new Command('worker')
    .description(
      'Stay: collect, reconcile, deliver and prune on schedule, and answer over HTTP, until SIGTERM.',
    )
    .addHelpText(
      'after',
      `
Example:
  CXONE_REGION=eu-1 CXONE_CLIENT_ID=… CXONE_CLIENT_SECRET_FILE=/run/secrets/cxone adherence worker`,
    )
    .action(async () => onStatus(await withProgram(runWorker, { vendor: true })));
}
