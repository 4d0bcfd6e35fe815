/** The statuses of a run; all but `running` are of one that has been closed. */
export const RUN_STATUSES = ['running', 'done', 'partial', 'failed', 'held', 'dropped'] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];
