-- The last run whose drift CSV lies in the report folder. Of the runs before this the worker has left what it could.
INSERT INTO meta (key, value) SELECT 'reported_run', coalesce(max(run_id), 0) FROM runs;
