import { Command } from 'commander';
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
      const { delivered, duplicate, refused, waiting, unknown } = report;
      const words = `${delivered} delivered (${duplicate} of them taken before), ${refused} refused, ${waiting} waiting, ${unknown} unknown`;
      await (json ? printJson(report) : print(words));
      return refused + waiting + unknown > 0 ? EXIT.partial : EXIT.done;
    },
    { vendor: true },
  );
}
