import { Command } from 'commander';
import { EXIT, withProgram } from './context.ts';
import { print } from './output.ts';

export function pruneCommand(onStatus: (status: number) => void): Command {
  return new Command('prune')
    .description('Delete what retention allows to go, in small batches.')
    .addHelpText('after', '\nExample:\n  adherence prune')
    .action(async () => onStatus(await prune()));
}

async function prune(): Promise<number> {
  return withProgram(async (program, signal) => {
    await print(`${await program.prune(signal)} rows deleted`);
    return EXIT.done;
  });
}
