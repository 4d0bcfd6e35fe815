/** Who may use the program, from least to most; each may do all that those before it may (surface.md, HTTP). */
export const ROLES = ['analyst', 'ops', 'supervisor'] as const;
export type Role = (typeof ROLES)[number];

/** Somebody who may use the HTTP service and decide at the command line. */
export interface AccessToken {
  readonly name: string;
  readonly role: Role;
  /** SHA-256 of the token, 64 hexadecimal digits in lower case. */
  readonly sha256: string;
}

/** Whether a role is enough where another one is the least that is asked for. */
export function suffices(role: Role, least: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(least);
}
