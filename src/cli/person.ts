import { userInfo } from 'node:os';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { type Config, type Role, suffices } from '../config.ts';
import { ownerOf, ProgramError } from '../program.ts';

/**
 * Who decides at the command line (surface.md, The program): with `HTTP_TOKENS` configured the person whom the
 * token in `ADHERENCE_TOKEN` names, asked for on a terminal; without any, `cli:` and the operating system's user.
 * @throws ProgramError `not_allowed` when there is no token, nobody has it, or the role may not.
 */
export async function personAtTheCommandLine(config: Config, role: Role): Promise<string> {
  const { tokens } = config.http;
  if (tokens.length === 0) return `cli:${userInfo().username}`;
  const token = config.token ?? (await askForToken());
  const found = ownerOf(token, tokens);
  if (found === undefined) throw new ProgramError('not_allowed', 'nobody has the token in ADHERENCE_TOKEN');
  if (suffices(found.role, role)) return found.name;
  throw new ProgramError('not_allowed', `${found.name} is ${found.role}; this takes the role ${role}`);
}

async function askForToken(): Promise<string> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new ProgramError('not_allowed', 'HTTP_TOKENS is configured, so this needs to know who you are', {
      hint: 'Put your token into ADHERENCE_TOKEN, or run the command on a terminal.',
    });
  }
  process.stderr.write('Token: ');
  // What is typed is not shown.
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true });
  const token = await new Promise<string>((resolve) => terminal.question('', resolve));
  terminal.close();
  process.stderr.write('\n');
  return token.trim();
}
