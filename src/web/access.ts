import { createHash, timingSafeEqual } from 'node:crypto';
import type { AccessToken, Role } from '../domain/role.ts';

/** Who makes a request. */
export interface Caller {
  readonly name: string;
  readonly role: Role;
  /** A browser sends it with every request by itself, whoever's page made it: such requests must prove their origin. */
  readonly isAmbient: boolean;
}

interface Credentials {
  /** Only with Basic; must be the token's own. */
  readonly name: string | undefined;
  readonly token: string;
}

/** Tells whose token a request carries. */
export type Authenticate = (authorization: string | undefined) => Caller | undefined;

/** Bearer, or Basic with the token as password and its own name. */
export function authenticator(tokens: readonly AccessToken[]): Authenticate {
  return (authorization) => {
    const credentials = credentialsOf(authorization);
    if (credentials === undefined) return undefined;
    const owner = ownerOf(credentials.token, tokens);
    if (owner === undefined) return undefined;
    const { name, role } = owner;
    if (credentials.name !== undefined && credentials.name !== name) return undefined;
    return { name, role, isAmbient: credentials.name !== undefined };
  };
}

/**
 * Whose token it is, for the service and the command line. Digests are compared, each with the same number of steps
 * and all of them each time, so that time tells nothing of any token.
 */
export function ownerOf(token: string, tokens: readonly AccessToken[]): AccessToken | undefined {
  const digest = createHash('sha256').update(token).digest();
  return tokens.filter(({ sha256 }) => timingSafeEqual(Buffer.from(sha256, 'hex'), digest))[0];
}

function credentialsOf(authorization: string | undefined): Credentials | undefined {
  const [, scheme = '', value = ''] = /^(Bearer|Basic) +(\S+)$/i.exec(authorization ?? '') ?? [];
  if (scheme.toLowerCase() === 'bearer') return { name: undefined, token: value };
  if (scheme === '') return undefined;
  const text = Buffer.from(value, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { name: text.slice(0, colon), token: text.slice(colon + 1) };
}
