import { Command } from 'commander';
import { readConfig } from '../config.ts';
import { formatInstant, restore } from '../program.ts';
import { EXIT, withProgram } from './context.ts';
import { print } from './output.ts';
import { personAtTheCommandLine } from './person.ts';

export function backupCommand(onStatus: (status: number) => void): Command {
  return new Command('backup')
    .description('Write a consistent copy of the live database: checked, then renamed into place.')
    .argument('<file>', 'the copy')
    .addHelpText('after', '\nExample:\n  adherence backup /backups/adherence-2026-03-02.db')
    .action(async (file: string) => onStatus(await backup(file)));
}

async function backup(file: string): Promise<number> {
  return withProgram(async (program) => {
    await program.store.backup(file);
    await print(`Backup written to ${file}`);
    return EXIT.done;
  });
}

export function restoreCommand(onStatus: (status: number) => void): Command {
  return new Command('restore')
    .description('Put a backup in place of the database, and hold all sending until `resume`.')
    .argument('<file>', 'the backup')
    .addHelpText(
      'after',
      `
Stop the worker first. What was sent after the backup was made is not known to it: until \`adherence resume\` nothing
is sent, and each correction that is made again is looked up at the vendor by its key.

Example:
  adherence restore /backups/adherence-2026-03-02.db`,
    )
    .action(async (file: string) => onStatus(await restoreFrom(file)));
}

async function restoreFrom(file: string): Promise<number> {
  const config = readConfig();
  await personAtTheCommandLine(config, 'supervisor');
  restore(config, file);
  await print(
    `Restored from ${file}; nothing is sent until \`adherence resume\`. Run \`adherence run\` before it.
What was there before is kept as ${config.database}.before-restore until the next restore.`,
  );
  return EXIT.done;
}

export function resumeCommand(onStatus: (status: number) => void): Command {
  return new Command('resume')
    .description('End the hold that follows a restore.')
    .option('--note <text>', 'why')
    .addHelpText('after', '\nExample:\n  adherence resume --note "compared with the vendor\'s ledger"')
    .action(async ({ note }: { note?: string }) => onStatus(await resume(note)));
}

async function resume(note: string | undefined): Promise<number> {
  return withProgram(async (program) => {
    const person = await personAtTheCommandLine(program.config, 'supervisor');
    const at = program.clock.now();
    const wasOnHold = await program.store.isOnHold();
    if (wasOnHold) await program.store.leaveHold({ person, note, at });
    await print(
      wasOnHold ? `Resumed at ${formatInstant(at)}; corrections are sent again.` : 'There is no hold.',
    );
    return EXIT.done;
  });
}
