import { bareCode, lineOf, type SourceFile } from './source.ts';

/* What no file may say, and the few that may. */

interface Ban {
  readonly pattern: RegExp;
  /** Files, and folders with a slash behind them, that may say it all the same, with the reason. */
  readonly except?: Readonly<Record<string, string>>;
  readonly instead: string;
}

const CLOCK = 'src/clock.ts';

const BANS: readonly Ban[] = [
  {
    pattern: /\bDate\s*\.\s*now\b|\bnew\s+Date\b(?!\s*\(\s*[^\s)])|(?<!\bnew\s)(?<![.\w])Date\s*\(/g,
    except: {
      [CLOCK]: 'it is the clock',
      'src/simulator/server.ts': "the vendor's clock is not the program's; tests hand in their own",
    },
    instead:
      'reads the time. Only src/clock.ts does; take the instant as an argument, or a Clock where one must wait.',
  },
  {
    pattern: /\bsetTimeout\b|\bsetInterval\b|\bAbortSignal\s*\.\s*timeout\b/g,
    except: {
      [CLOCK]: 'it is the clock',
      'src/web/assets/page.js': 'runs in the browser',
      'src/simulator/delivery.ts':
        'answers late and drop by drop on a real socket, which no clock of a test can do',
      'src/simulator/push-sender.ts':
        "posts to a real socket; a test's clock moves what it takes out instead",
    },
    instead:
      "sets a timer. Only src/clock.ts does; use the Clock's sleep or timeoutSignal, so that tests need not wait.",
  },
  {
    pattern: /\bprocess\s*\.\s*env\b/g,
    except: { 'src/config.ts': 'it is its only reader', 'src/config/': 'the parts of that reader' },
    instead:
      'reads the environment. Only src/config.ts and src/config/ do; take the setting from the Config.',
  },
  {
    pattern: /(?<![.\w])console\s*\./g,
    instead:
      'writes past the log. Results go to standard output through the command, everything else to the Log.',
  },
  {
    pattern: /^[ \t]*(?:export\s+)?(?:declare\s+)?(?:const\s+)?enum\s+\w/gm,
    instead:
      'declares an enum, which Node cannot strip. Write an `as const` table and the union of its values.',
  },
  {
    pattern: /^[ \t]*(?:export\s+)?(?:declare\s+)?namespace\s+\w/gm,
    instead: 'declares a namespace, which Node cannot strip. A file is a module already.',
  },
];

/** Everything in the file that the house does not say, each as the sentence to read. */
export function forbiddenWords(file: SourceFile): string[] {
  const bare = bareCode(file.text);
  return BANS.filter((ban) => !isExcepted(ban, file.path)).flatMap((ban) =>
    [...bare.matchAll(ban.pattern)].map(
      (match) => `${file.path}:${lineOf(file.text, match.index)} ${ban.instead}`,
    ),
  );
}

function isExcepted(ban: Ban, path: string): boolean {
  return Object.keys(ban.except ?? {}).some((one) =>
    one.endsWith('/') ? path.startsWith(one) : path === one,
  );
}

/** What the exceptions name, to notice those that are gone. */
export function exceptedPaths(): string[] {
  return [...new Set([...BANS.flatMap((ban) => Object.keys(ban.except ?? {}))])];
}

const MAX_LINES = 300;

export function tooLong(file: SourceFile): string[] {
  const lines = file.text.trimEnd().split('\n').length;
  if (lines <= MAX_LINES) return [];
  return [
    `${file.path} has ${lines} lines, more than ${MAX_LINES}. Split it where it does two things, while it is cheap.`,
  ];
}

/** Drawers into which things are put whose place nobody looked for. */
export function drawers(file: SourceFile): string[] {
  const found = file.path
    .split('/')
    .find((part) => /^(utils?|helpers?|common|types?|adapters?|misc)(\.[^/]*)?$/.test(part));
  if (found === undefined) return [];
  return [`${file.path}: "${found}" says nothing about what is in it. Name it after the one thing it does.`];
}

/** What a migration may not do. It runs inside one exclusive transaction, on rows that nobody can bring back. */
export function forbiddenSql(file: SourceFile): string[] {
  const sql = file.text.replace(/--[^\n]*|\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' '));
  const bans: readonly (readonly [RegExp, string])[] = [
    [
      /\bDROP\s+TABLE\b/gi,
      'drops a table: with foreign keys on, SQLite deletes the rows that point to it. Leave it.',
    ],
    [
      /\bON\s+DELETE\s+CASCADE\b/gi,
      'cascades: a row would vanish with another. Delete what must go by name.',
    ],
    [
      /^[ \t]*(?:COMMIT|ROLLBACK|SAVEPOINT|BEGIN\s*(?:;|DEFERRED|IMMEDIATE|EXCLUSIVE|TRANSACTION))/gim,
      'begins or ends a transaction: db/migrate.ts runs each migration in one of its own.',
    ],
  ];
  return bans.flatMap(([pattern, instead]) =>
    [...sql.matchAll(pattern)].map((match) => `${file.path}:${lineOf(sql, match.index)} ${instead}`),
  );
}
