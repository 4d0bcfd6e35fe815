import { Command } from 'commander';
import { type DeliverReport, formatInstant, formatOrNull } from '../program.ts';
import { EXIT, withProgram } from './context.ts';
import { print, printJson } from './output.ts';

export function deliverCommand(onStatus: (status: number) => void): Command {
  return new Command('deliver')
    .description('Send the corrections that wait, without judging anything.')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  adherence deliver')
    .action(async ({ json }: { json?: boolean }) => onStatus(await deliver(json === true)));
}

async function deliver(json: boolean): Promise<number> {
  return withProgram(
    async (program, signal) => {
      const report = await program.deliver(signal);
      await (json ? printJson(deliverDocument(report)) : print(inWords(report)));
      const { refused, waiting, unknown } = report;
      return refused + waiting + unknown > 0 ? EXIT.partial : EXIT.done;
    },
    { vendor: true },
  );
}

/** surface.md, JSON documents, `deliver`. */
function deliverDocument({ nextDueAt, ...report }: DeliverReport): object {
  return { ...report, nextDueAt: formatOrNull(nextDueAt) };
}

function inWords(report: DeliverReport): string {
  const { delivered, duplicate, refused, takenBack, waiting, unknown, nextDueAt } = report;
  const words = `${delivered} delivered (${duplicate} of them taken before), ${refused} refused, ${takenBack} taken back, ${waiting} waiting, ${unknown} unknown`;
  return nextDueAt === undefined ? words : `${words}; next due at ${formatInstant(nextDueAt)}`;
}
