import { Command } from 'commander';
import { type Config, readVendorConfig } from '../config.ts';
import { createLog } from '../log.ts';
import { formatInstant, type LoginReport, type LogoutReport, openVendorAlone } from '../program.ts';
import { wholeNumber } from './arguments.ts';
import { EXIT, interruption } from './context.ts';
import { print, printJson, say } from './output.ts';

interface LoginOptions {
  readonly port: number;
  readonly json?: boolean;
}

export function loginCommand(onStatus: (status: number) => void): Command {
  return new Command('login')
    .description('Get a token that acts for a person: print a link, wait for the browser to come back.')
    .option(
      '--port <n>',
      'port of the redirect on 127.0.0.1, 0 for any that is free',
      wholeNumber(0, 65_535),
      0,
    )
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
The link is to be opened on this machine, within 3 minutes. The agent states endpoints then use this login, everything
else goes on with CXONE_GRANT. Where the vendor knows the redirect only with its port, name it with --port.

Example:
  adherence login --port 8765`,
    )
    .action(async (options: LoginOptions) => onStatus(await login(options)));
}

async function login({ port, json }: LoginOptions): Promise<number> {
  const config = readVendorConfig();
  const vendor = openedVendor(config);
  const onLink = (url: URL): void =>
    say(`Open this link in a browser on this machine to log in:\n\n${url.href}\n`);
  try {
    const report = await vendor.logIn({ port, onLink }, interruption());
    const missing = missingScopes(config, report);
    if (missing.length > 0) say(`Not granted, though asked for: ${missing.join(' ')}`);
    await (json ? printJson(loginDocument(report)) : print(`Logged in; kept in ${report.where}`));
    return EXIT.done;
  } finally {
    await vendor.close();
  }
}

function openedVendor(config: Config): ReturnType<typeof openVendorAlone> {
  return openVendorAlone(config, createLog({ level: config.logLevel, secrets: config.secrets }));
}

function missingScopes({ vendor }: Config, { scopes }: LoginReport): readonly string[] {
  return scopes === undefined ? [] : (vendor?.scopes ?? []).filter((scope) => !scopes.includes(scope));
}

function loginDocument({ where, expiresAt, scopes }: LoginReport): object {
  return { loggedIn: true, file: where, scopes: scopes ?? null, expiresAt: formatInstant(expiresAt) };
}

export function logoutCommand(onStatus: (status: number) => void): Command {
  return new Command('logout')
    .description('Have the login revoked at the vendor, and forget it.')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  adherence logout')
    .action(async ({ json }: { json?: boolean }) => onStatus(await logout(json === true)));
}

async function logout(json: boolean): Promise<number> {
  const vendor = openedVendor(readVendorConfig());
  try {
    const report = await vendor.logOut();
    await (json ? printJson(logoutDocument(report)) : print(inWords(report)));
    if (report.failure === undefined) return EXIT.done;
    say(`adherence: ${report.failure.message}`);
    return EXIT.partial;
  } finally {
    await vendor.close();
  }
}

function logoutDocument({ wasThere, failure }: LogoutReport): object {
  const error = failure && { code: failure.code, message: failure.message };
  return { loggedOut: wasThere, revoked: wasThere && failure === undefined, error: error ?? null };
}

function inWords({ wasThere, failure }: LogoutReport): string {
  if (!wasThere) return 'Nobody is logged in.';
  if (failure === undefined) return 'Logged out: the token is revoked and forgotten.';
  return 'The token is forgotten here, but the vendor could not be told to revoke it: it may still be good there.';
}
