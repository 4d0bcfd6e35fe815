import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { jobsOf } from '../../jobs/schedule.ts';
import { VARIABLES } from '../../src/config/variables.ts';
import { type Config, readConfig } from '../../src/config.ts';
import type { WebDeps } from '../../src/web/deps.ts';
import type { Guard } from '../../src/web/guard.ts';
import type { Route } from '../../src/web/route.ts';
import { allRoutes } from '../../src/web/routes.ts';
import { ROOT } from '../house/source.ts';

/* The parts of the README that come from the code. `UPDATE_DOCS=1 npx vitest run test/docs` writes them. */

export const GENERATED: Readonly<Record<string, () => Promise<string>>> = {
  configuration: async () => configuration(),
  commands,
  jobs: async () => jobs(),
  routes,
};

type Row = readonly string[];

function table(head: Row, rows: readonly Row[]): string {
  const line = (cells: Row): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return `${[line(head), `|${' --- |'.repeat(head.length)}`, ...rows.map(line)].join('\n')}\n`;
}

function configuration(): string {
  const rows = Object.entries(VARIABLES).map(([name, variable]) => [
    `\`${name}\`${variable.secret ? ' †' : ''}`,
    variable.default === undefined ? '–' : `\`${variable.default}\``,
    variable.description,
  ]);
  return table(['variable', 'default', 'meaning'], rows);
}

type Factory = (onStatus: (status: number) => void) => Command;

/** Every command that `src/cli/main.ts` knows, with those below it. */
export async function allCommands(): Promise<ReadonlyMap<string, Command>> {
  const main = readFileSync(join(ROOT, 'src/cli/main.ts'), 'utf8');
  const found = new Map<string, Command>();
  const imports = [...main.matchAll(/import \{([^}]*)\} from '\.\/([\w-]+\.ts)';/g)];
  const factories = await Promise.all(
    imports.map(async ([, names = '', file = '']) => {
      const module = (await import(join(ROOT, 'src/cli', file))) as Record<string, Factory>;
      return (names.match(/\w+Command\b/g) ?? []).map((name) => [name, module[name] as Factory] as const);
    }),
  );
  const add = (command: Command, before: string): void => {
    const name = `${before}${command.name()}`;
    if (command.commands.length === 0 || doesSomething(command)) found.set(name, command);
    for (const below of command.commands) add(below, `${name} `);
  };
  const byName = new Map(factories.flat());
  for (const name of /const COMMANDS = \[([^\]]*)\]/.exec(main)?.[1]?.match(/\w+/g) ?? []) {
    add(
      (byName.get(name) as Factory)(() => undefined),
      '',
    );
  }
  return found;
}

/** Whether a command that has others below it also does something by itself; commander does not tell in public. */
function doesSomething(command: Command): boolean {
  return Boolean((command as unknown as { _actionHandler: unknown })._actionHandler);
}

async function commands(): Promise<string> {
  const rows = [...(await allCommands())].map(([name, command]) => {
    const words = command.registeredArguments.map((argument) => {
      const text = `${argument.name()}${argument.variadic ? '...' : ''}`;
      return argument.required ? `<${text}>` : `[${text}]`;
    });
    const options = command.options.filter(({ hidden }) => !hidden).map(({ flags }) => `\`${flags}\``);
    return [`\`${[name, ...words].join(' ')}\``, command.description(), options.join(' ') || '–'];
  });
  return table(['command', 'does', 'options'], rows);
}

/** Handlers ask for what they need when they are called, so for looking at the table nothing is needed. */
export function servedRoutes(): readonly Route[] {
  return allRoutes({} as WebDeps, {} as Guard, () => false);
}

const WHO: Readonly<Partial<Record<Route['access'], string>>> = {
  open: '–',
  pushed: 'the vendor, by its signature',
};

async function routes(): Promise<string> {
  const rows = servedRoutes().map(({ method, path, access, summary }) => [
    `\`${method} ${path}\``,
    WHO[access] ?? `\`${access}\``,
    summary,
  ]);
  return table(['call', 'from which role', 'does'], rows);
}

function jobs(): string {
  const rows = jobsOf(markedConfig()).map(({ name, cron }) => {
    const variable = `ADHERENCE_${String(cron).toUpperCase()}_CRON` as keyof typeof VARIABLES;
    return [`\`${name}\``, `\`${variable}\``, `\`${VARIABLES[variable].default}\``, whatItDoes(name)];
  });
  return table(['job', 'when', 'default', 'does'], rows);
}

/** A configuration whose crons are their own names, so that each job tells which one it goes by. */
function markedConfig(): Config {
  const config = readConfig({});
  const names = Object.keys(config.crons).map((name) => [name, name]);
  return { ...config, crons: Object.fromEntries(names) };
}

/** What the comment above the job's function says. */
function whatItDoes(job: string): string {
  const text = readFileSync(join(ROOT, 'jobs', `${job}.ts`), 'utf8');
  const comment = /\/\*\*([^/]*?)\*\/\nexport (?:async )?function/.exec(text)?.[1];
  if (comment === undefined)
    throw new Error(`jobs/${job}.ts does not say above its function what the job does`);
  return comment
    .replace(/\n\s*\*/g, ' ')
    .replace(/ \([^()]*\.md[^()]*\)/g, '')
    .replace(/\s+/g, ' ')
    .trim();
}
