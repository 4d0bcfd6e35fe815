/**
 * What we use of drizzle, from its CommonJS build: Node reads drizzle's package.json, 180 KB of it, again for
 * each of several hundred ES modules, which was measured to take 180 MB and most of a command's start.
 */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const core: typeof import('drizzle-orm') = require('drizzle-orm');
const sqlite: typeof import('drizzle-orm/sqlite-core') = require('drizzle-orm/sqlite-core');
const driver: typeof import('drizzle-orm/better-sqlite3') = require('drizzle-orm/better-sqlite3');

export type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
export const { and, asc, desc, eq, inArray, lt, max, or, sql } = core;
export const { foreignKey, integer, primaryKey, real, sqliteTable, text } = sqlite;
export const { drizzle } = driver;
