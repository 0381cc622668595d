// Migration 3: runs, as the specification gives the table and its index, and next to them the plans and executions that
// are kept without a run. What was planned and what happened are JSON texts, kept byte for byte; nothing is taken apart.

export const runs = `
CREATE TABLE runs (
    run_id TEXT PRIMARY KEY,
    plan_id TEXT NOT NULL,
    objective TEXT NOT NULL,
    plan_result TEXT NOT NULL,  -- JSON
    execution_result TEXT NOT NULL,  -- JSON
    created_at REAL NOT NULL,
    success BOOLEAN AS (CASE WHEN json_valid(execution_result)
        THEN ifnull(json_extract(execution_result, '$.success') = 1, 0) ELSE 0 END) VIRTUAL
);
-- latest runs; a span of time
CREATE INDEX idx_runs_created_at ON runs(created_at DESC);
-- the list of runs, latest first, without reading a snapshot
CREATE INDEX idx_run_summary ON runs(created_at DESC, run_id DESC, plan_id, objective, success);

CREATE TABLE plan_results (
    plan_id TEXT PRIMARY KEY,
    plan_result TEXT NOT NULL,  -- JSON
    created_at REAL NOT NULL
);
CREATE TABLE execution_results (
    execution_id TEXT PRIMARY KEY,
    plan_id TEXT NOT NULL,
    execution_result TEXT NOT NULL,  -- JSON
    created_at REAL NOT NULL
);
`;
