/** States are compared trimmed and in lower case (reconciliation.md 1). */
export function normalizeState(state: string): string {
  return state.trim().toLowerCase();
}
