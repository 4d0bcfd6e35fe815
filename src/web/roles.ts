/** Who may use the service, from least to most; each may do all that those before it may (surface.md, HTTP). */
export const ROLES = ['analyst', 'ops', 'supervisor'] as const;
export type Role = (typeof ROLES)[number];

/** Whether a role is enough where another one is the least that is asked for. */
export function suffices(role: Role, least: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(least);
}
