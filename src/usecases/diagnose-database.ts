import type { Check } from '../domain/checkup.ts';
import type { DatabaseFacts, DatabaseSurvey } from './ports.ts';

const MIB = 1024 * 1024;
/** Two full write-ahead logs: with less, a commit may fail at any time. */
const LITTLE_ROOM_BYTES = 128 * MIB;
const SCANT_ROOM_BYTES = 1024 * MIB;
/** As far as an import lets it grow; beyond, something keeps it from being put into the file. */
const LARGE_WAL_BYTES = 256 * MIB;

/** What the look at the database file means. Pure. */
export function explainDatabase(survey: DatabaseSurvey): Check[] {
  switch (survey.kind) {
    case 'missing':
      return [
        {
          check: 'database',
          level: 'warning',
          says: `There is no database yet at ${survey.path}`,
          means: 'The first command that writes makes it. Looking for it has not.',
          todo: 'If there should be one, correct ADHERENCE_DB. Otherwise go on with `adherence collect`.',
        },
        ...freeSpace(survey.freeBytes, 0),
      ];
    case 'unusable':
      return [
        {
          check: 'database',
          level: 'problem',
          says: survey.message,
          means: 'Nothing can be logged, judged or sent.',
          todo: survey.hint ?? 'Restore a backup.',
        },
      ];
    case 'open':
      return explainFacts(survey);
  }
}

function explainFacts(facts: DatabaseFacts): Check[] {
  return [
    {
      check: 'database',
      level: 'ok',
      says: `${facts.path}, ${megabytes(facts.bytes)}`,
      means: 'The file opens and is ours. It was opened for reading only.',
    },
    schema(facts),
    ...freeSpace(facts.freeBytes, facts.bytes),
    integrity(facts),
    writeAheadLog(facts),
    durability(facts),
  ];
}

function schema({ schema: applied, newestSchema }: DatabaseFacts): Check {
  const check = 'schema';
  const says = `${applied} of ${newestSchema} migrations are applied`;
  if (applied === newestSchema) return { check, level: 'ok', says, means: 'It is the newest.' };
  return {
    check,
    level: 'warning',
    says,
    means:
      'An older version wrote it. What the program knows is not looked at until it is brought up to date.',
    todo: 'Make a backup, then run any command that writes, such as `adherence collect`.',
  };
}

function freeSpace(freeBytes: number | undefined, bytes: number): Check[] {
  if (freeBytes === undefined) return [];
  const check = 'free space';
  const says = `${megabytes(freeBytes)} on the disk of the database`;
  if (freeBytes < LITTLE_ROOM_BYTES) {
    const means = 'A full disk stops every run; what was committed stays.';
    return [{ check, level: 'problem', says, means, todo: 'Free disk space now.' }];
  }
  if (freeBytes < Math.max(SCANT_ROOM_BYTES, bytes)) {
    const means = 'There is no room for a copy of the database, or little for growing.';
    return [
      { check, level: 'warning', says, means, todo: 'Free disk space, or lower ADHERENCE_RETENTION_DAYS.' },
    ];
  }
  return [{ check, level: 'ok', says, means: 'There is room for growing and for a copy of the database.' }];
}

function integrity({ integrity: { check: how, faults } }: DatabaseFacts): Check {
  const check = 'integrity';
  const [first] = faults;
  if (first === undefined) {
    const means =
      how === 'integrity_check'
        ? 'Every page, row and index is as it should be.'
        : 'Every page and row is as it should be. In a file of this size indexes are not compared.';
    return { check, level: 'ok', says: `${how} finds nothing`, means };
  }
  return {
    check,
    level: 'problem',
    says: `${how}: ${first}`,
    means: 'The file is damaged: what is read from it may be wrong.',
    todo: 'Stop the program, keep the file, and restore a backup.',
  };
}

function writeAheadLog({ walBytes }: DatabaseFacts): Check {
  const check = 'write-ahead log';
  const says = megabytes(walBytes);
  if (walBytes <= LARGE_WAL_BYTES)
    return { check, level: 'ok', says, means: 'It is put into the file regularly.' };
  return {
    check,
    level: 'warning',
    says,
    means: 'Something keeps it from being put into the file, and it grows.',
    todo: 'Look for a process that reads the database and was stopped or hangs.',
  };
}

function durability({ journalMode, isDurable }: DatabaseFacts): Check {
  const check = 'durability';
  const says = `journal mode ${journalMode}, synchronous ${isDurable ? 'FULL' : 'not FULL'}`;
  if (journalMode === 'wal' && isDurable) {
    return {
      check,
      level: 'ok',
      says,
      means: 'What is committed survives a power cut. Every writer asks for it.',
    };
  }
  return {
    check,
    level: 'problem',
    says,
    means: 'A commit could be lost, and a correction with it.',
    todo: 'Put the database on a local disk, and install the dependencies of package-lock.json with npm ci.',
  };
}

function megabytes(bytes: number): string {
  const mb = bytes / 1_000_000;
  return mb >= 10_000 ? `${(mb / 1_000).toFixed(1)} GB` : `${mb.toFixed(1)} MB`;
}
