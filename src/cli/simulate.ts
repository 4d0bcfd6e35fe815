import { once } from 'node:events';
import { Command } from 'commander';
import { ProgramError, startSimulator } from '../program.ts';
import { webhookSecret, webUrl, wholeNumber } from './arguments.ts';
import { EXIT, interruption } from './context.ts';
import { print } from './output.ts';

interface SimulateOptions {
  readonly port: number;
  readonly agents: number;
  readonly seed: number;
  readonly channels: boolean;
  readonly webhook?: string;
  readonly webhookSecret?: string;
}

export function simulateCommand(onStatus: (status: number) => void): Command {
  return new Command('simulate')
    .description(
      "Play the vendor on loopback: a contact centre's days, its API and a report with seeded drift.",
    )
    .option('--port <n>', 'port, 0 for any that is free', wholeNumber(0, 65_535), 8090)
    .option('--agents <n>', 'how many agents', wholeNumber(1, 200_000), 25)
    .option('--seed <n>', 'which contact centre', wholeNumber(0, 2 ** 31), 1)
    .option('--channels', 'chats and emails beside the calls, and desktops that are lost now and then', false)
    .option('--webhook <url>', 'push what happens there; needs --webhook-secret', webUrl)
    .option('--webhook-secret <whsec>', 'what pushes are signed with, whsec_ and base64', webhookSecret)
    .addHelpText(
      'after',
      `
Examples:
  adherence simulate --port 8090 --agents 100
  adherence simulate --channels --webhook http://127.0.0.1:8080/webhooks/cxone --webhook-secret "$WEBHOOK_SECRET"
  CXONE_BASE_URL=http://127.0.0.1:8090 CXONE_CLIENT_ID=client CXONE_CLIENT_SECRET=secret adherence collect`,
    )
    .action(async (options: SimulateOptions) => onStatus(await simulate(options)));
}

async function simulate(options: SimulateOptions): Promise<number> {
  const { webhook: webhookUrl, webhookSecret } = options;
  if ((webhookUrl === undefined) !== (webhookSecret === undefined)) {
    throw new ProgramError('invalid_argument', '--webhook and --webhook-secret go together', {
      hint: 'Give both, or neither.',
    });
  }
  const signal = interruption();
  const simulator = await startSimulator({ ...options, ...(webhookUrl !== undefined && { webhookUrl }) });
  await print(`${simulator.url} (client id "client", secret "secret"); stop with Ctrl-C`);
  if (!signal.aborted) await once(signal, 'abort');
  await simulator.close();
  return EXIT.done;
}
