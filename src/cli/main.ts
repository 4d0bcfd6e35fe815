import { Command, CommanderError } from 'commander';
import { acwCommand } from './acw.ts';
import { auditCommand } from './audit.ts';
import { backupCommand, restoreCommand, resumeCommand } from './backup.ts';
import { collectCommand } from './collect.ts';
import { EXIT, fail } from './context.ts';
import { deliverCommand } from './deliver.ts';
import { demoCommand } from './demo.ts';
import { doctorCommand } from './doctor.ts';
import { exportCommand } from './export.ts';
import { findingCommand } from './finding.ts';
import { importCommand } from './import.ts';
import { loginCommand, logoutCommand } from './login.ts';
import { outliveReaders } from './output.ts';
import { overrideCommand } from './override.ts';
import { pruneCommand } from './prune.ts';
import { reviewCommand } from './review.ts';
import { runCommand } from './run.ts';
import { runsCommand } from './runs.ts';
import { simulateCommand } from './simulate.ts';
import { statusCommand } from './status.ts';
import { workerCommand } from './worker.ts';

const COMMANDS = [
  demoCommand,
  workerCommand,
  runCommand,
  importCommand,
  collectCommand,
  exportCommand,
  runsCommand,
  findingCommand,
  reviewCommand,
  deliverCommand,
  statusCommand,
  acwCommand,
  overrideCommand,
  auditCommand,
  doctorCommand,
  pruneCommand,
  backupCommand,
  restoreCommand,
  resumeCommand,
  loginCommand,
  logoutCommand,
  simulateCommand,
];

/** Does what the arguments say. @returns the exit status (surface.md). */
export async function main(argv: readonly string[]): Promise<number> {
  outliveReaders();
  let status: number = EXIT.done;
  const program = new Command('adherence')
    .description(
      "Compares the engine's agent state changes with what WFM reports, and corrects the difference once.",
    )
    .helpCommand(false)
    .exitOverride()
    .addHelpText(
      'after',
      `
Results go to standard output, logs to standard error. Configuration comes from the environment (.env.example).
Exit status: 0 all well, 1 failed, 2 wrong arguments or configuration, 3 done in part, 4 another run holds the lock.

Try it: adherence demo`,
    );
  const onStatus = (code: number): void => {
    status = code;
  };
  for (const command of COMMANDS) program.addCommand(throwing(command(onStatus)));
  try {
    await program.parseAsync(argv, { from: 'user' });
    return status;
  } catch (error) {
    // Commander has said what is wrong already; asking for help is not wrong.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    return fail(error);
  }
}

/** Commander ends the process by itself unless every command is told not to. */
function throwing(command: Command): Command {
  for (const sub of command.commands) throwing(sub);
  return command.exitOverride();
}
