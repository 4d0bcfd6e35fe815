import { posix } from 'node:path';
import { importsOf, type SourceFile } from './source.ts';

/* The import table of the house: who may import whom, and what to do instead. */

interface Room {
  /** The folder with a slash behind it, or the one file. */
  readonly where: string | RegExp;
  /** Rooms and files it may import, besides itself. */
  readonly may: readonly string[];
  /** Rooms and files of which it may import types alone. */
  readonly types?: readonly string[];
  /** Parts of Node it may not use. */
  readonly notOfNode?: RegExp;
  /** What somebody who broke the rule needs to read. */
  readonly instead: string;
}

const LEAF =
  'It stands behind a port: it may know src/domain and the types of src/usecases/ports.ts. ' +
  'What it needs from another room is handed to it by src/program.ts; what both need is a rule and belongs in src/domain.';

const MACHINE =
  'It is a tool that everybody uses, so it knows nobody: src/domain and types of src/usecases only. ' +
  'What puts parts together belongs in src/program.ts.';

const OUTSIDE =
  'Commands and jobs only say what is to happen: they call the program and import src/program.ts, src/config.ts and ' +
  'src/log.ts. What can be done once belongs in src/usecases, with a method in src/program.ts that does it.';

const ROOMS: Readonly<Record<string, Room>> = {
  domain: {
    where: 'src/domain/',
    may: [],
    notOfNode: /./,
    instead:
      'The domain holds the rules, from data to data: no library, no Node, no other room. What reads, writes, waits or ' +
      'looks at the clock belongs in src/usecases, which calls the domain and hands it what it found.',
  },
  usecases: {
    where: 'src/usecases/',
    may: ['domain'],
    notOfNode: /^(fs|net|tls|dgram|dns|http|https|http2|child_process|cluster|worker_threads|os|process)\b/,
    instead:
      'A use case knows src/domain and its ports. What it needs from outside is a method, with its contract, in ' +
      'src/usecases/ports.ts; src/store, src/cxone or src/csv does it and src/program.ts puts the two together.',
  },
  store: {
    where: 'src/store/',
    may: ['domain', 'db'],
    types: ['src/usecases/ports.ts', 'src/usecases/web-ports.ts', 'src/usecases/control-port.ts'],
    instead: LEAF,
  },
  cxone: {
    where: 'src/cxone/',
    may: ['domain'],
    types: ['src/usecases/ports.ts', 'src/usecases/control-port.ts'],
    instead: LEAF,
  },
  csv: {
    where: 'src/csv/',
    may: ['domain'],
    types: ['src/usecases/ports.ts', 'src/usecases/control-port.ts'],
    instead: LEAF,
  },
  web: {
    where: 'src/web/',
    may: ['domain', 'csv', 'usecases'],
    instead:
      'Routes and pages know src/domain, src/csv and the use cases. The database and the vendor are behind the ports ' +
      'of src/usecases/ports.ts, whose implementations src/program.ts hands in.',
  },
  simulator: {
    where: 'src/simulator/',
    may: ['domain'],
    instead:
      'The simulator plays the vendor, so it may share nothing with the program it plays against: a mistake made once ' +
      'for both would never show. It knows src/domain; what the vendor says is written down again in src/simulator.',
  },
  cli: {
    where: 'src/cli/',
    may: ['program', 'config', 'log', 'jobs'],
    instead: `${OUTSIDE} (The command that stays may start jobs/worker.ts.)`,
  },
  jobs: { where: 'jobs/', may: ['program', 'config', 'log'], instead: OUTSIDE },
  db: {
    where: 'db/',
    may: [],
    instead:
      'The schema and its migrations stand by themselves, so that they outlive the code. What works on rows belongs in ' +
      'src/store, which may import db.',
  },
  program: {
    where: /^src\/program(\.ts$|\/)/,
    may: ['domain', 'usecases', 'store', 'cxone', 'csv', 'web', 'simulator', 'config', 'tools'],
    instead:
      'The composition root puts together what is in src. Commands (src/cli) and jobs call it, not the other way round.',
  },
  config: {
    where: /^src\/config(\.ts$|\/)/,
    may: ['domain'],
    instead:
      'The configuration is read before anything else is there, so it knows src/domain only. ' +
      'What acts on a setting gets it handed in by src/program.ts.',
  },
  log: { where: 'src/log.ts', may: ['domain'], types: ['usecases'], instead: MACHINE },
  tools: {
    where: /^src\/(clock|process-owner)\.ts$/,
    may: ['domain'],
    types: ['usecases'],
    instead: MACHINE,
  },
  entry: {
    where: 'src/cli.cjs',
    may: ['src/cli/main.ts'],
    instead:
      'The entry must run under every Node, to say which one is needed: it loads src/cli/main.ts once it has looked, ' +
      'and nothing else. What a command does belongs in src/cli.',
  },
};

/** Which rooms a library is for. A library that is not here has no room yet. */
const LIBRARIES: Readonly<Record<string, readonly string[]>> = {
  '@observablehq/plot': ['web'],
  'better-sqlite3': ['store', 'db'],
  'cli-progress': ['cli'],
  commander: ['cli'],
  // The store takes it from db/drizzle.ts, which says why.
  'drizzle-orm': ['db'],
  fastify: ['web'],
  linkedom: ['web'],
  luxon: ['csv', 'web', 'simulator'],
  'node-cron': ['jobs', 'config'],
  'openid-client': ['cxone'],
  'p-map': ['usecases', 'cxone'],
  pino: ['log'],
  'prom-client': ['web'],
  undici: ['cxone'],
  zod: ['cxone', 'web', 'simulator', 'config'],
};

/** The room a file belongs to. */
export function roomOf(path: string): string | undefined {
  return Object.entries(ROOMS).find(([, room]) => holds(room.where, path))?.[0];
}

function holds(where: string | RegExp, path: string): boolean {
  if (typeof where !== 'string') return where.test(path);
  return where.endsWith('/') ? path.startsWith(where) : path === where;
}

/** Every import of the file that the table does not allow, each as the sentence to read. */
export function forbiddenImports(file: SourceFile): string[] {
  const name = roomOf(file.path);
  const room = name === undefined ? undefined : ROOMS[name];
  if (name === undefined || room === undefined) {
    return [
      `${file.path} is in no room. Put it into the room it belongs to (domain, usecases, store, cxone, csv, web, ` +
        'simulator, cli, jobs, db); if the house really needs a new one, say in test/house/rooms.ts what it may import.',
    ];
  }
  return importsOf(file.text).flatMap(({ line, specifier, typeOnly }) => {
    const fault = specifier.startsWith('.')
      ? relativeFault(file.path, name, room, specifier, typeOnly)
      : libraryFault(name, room, specifier);
    return fault === undefined ? [] : [`${file.path}:${line} ${fault}`];
  });
}

function relativeFault(
  path: string,
  name: string,
  room: Room,
  specifier: string,
  typeOnly: boolean,
): string | undefined {
  if (!/\.(ts|json)$/.test(specifier)) {
    return `imports '${specifier}': Node finds a file by its whole name, so write .ts at the end.`;
  }
  const target = posix.join(posix.dirname(path), specifier);
  const targetRoom = roomOf(target);
  const allowed = (names: readonly string[] = []): boolean =>
    names.includes(target) || (targetRoom !== undefined && names.includes(targetRoom));
  if (targetRoom === name || allowed(room.may) || (typeOnly && allowed(room.types))) return undefined;
  const inTypes = allowed(room.types) ? ' except with `import type`' : '';
  return `(${name}) may not import ${target}${inTypes}. ${room.instead}`;
}

function libraryFault(name: string, room: Room, specifier: string): string | undefined {
  if (specifier.startsWith('node:')) {
    const part = specifier.slice('node:'.length);
    return room.notOfNode?.test(part) ? `(${name}) may not import ${specifier}. ${room.instead}` : undefined;
  }
  const library = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  const rooms = LIBRARIES[library];
  if (rooms === undefined) {
    return (
      `imports ${library}, which has no room yet: name in test/house/rooms.ts the rooms that may use it, ` +
      'and in the README why it is needed.'
    );
  }
  if (rooms.includes(name) || name === 'program') return undefined;
  return `(${name}) may not import ${library}: it is for ${rooms.join(', ')}. ${room.instead}`;
}
