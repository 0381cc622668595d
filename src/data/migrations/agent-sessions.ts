// Migration 7: how many sessions each agent has, by how they stand, so that its statistics and the list of agents cost the
// same at any number of sessions. Rows of sessions change a few times each, so triggers count them, whoever writes them.

export const agentSessions = `
-- Number of sessions and of their lines by agent, state ('' where a session has none), whether it ended and whether that was
-- with exit code 0.
CREATE TABLE agent_sessions (
    agent_name TEXT NOT NULL,
    state TEXT NOT NULL,
    ended INTEGER NOT NULL,
    succeeded INTEGER NOT NULL,
    sessions INTEGER NOT NULL,
    lines INTEGER NOT NULL,
    PRIMARY KEY (agent_name, state, ended, succeeded)
) WITHOUT ROWID;
INSERT INTO agent_sessions
    SELECT ${key('process_sessions')}, count(*), sum(${lines('process_sessions')}) FROM process_sessions GROUP BY 1, 2, 3, 4;

CREATE TRIGGER session_inserted AFTER INSERT ON process_sessions BEGIN
${add('NEW', 1)}END;
CREATE TRIGGER session_deleted AFTER DELETE ON process_sessions BEGIN
${add('OLD', -1)}END;
CREATE TRIGGER session_updated
    AFTER UPDATE OF agent_name, state, ended_at, exit_code, total_lines_processed ON process_sessions
    WHEN NEW.agent_name IS NOT OLD.agent_name OR NEW.state IS NOT OLD.state
      OR (NEW.ended_at IS NULL) <> (OLD.ended_at IS NULL) OR NEW.exit_code IS NOT OLD.exit_code
      OR NEW.total_lines_processed IS NOT OLD.total_lines_processed BEGIN
${add('OLD', -1)}${add('NEW', 1)}END;
`;

function key(row: string): string {
  return (
    `${row}.agent_name, ifnull(CAST(${row}.state AS TEXT), ''), ${row}.ended_at IS NOT NULL, ` +
    `${row}.ended_at IS NOT NULL AND ${row}.exit_code IS 0`
  );
}

function lines(row: string): string {
  return `ifnull(CAST(${row}.total_lines_processed AS INTEGER), 0)`;
}

/** A trigger may change the row within the change that another is to count: until both are done, a number can be negative. */
function add(row: 'OLD' | 'NEW', sign: 1 | -1): string {
  return `    INSERT INTO agent_sessions VALUES (${key(row)}, ${sign}, ${sign} * ${lines(row)})
        ON CONFLICT DO UPDATE SET sessions = sessions + excluded.sessions, lines = lines + excluded.lines;
    DELETE FROM agent_sessions WHERE agent_name = ${row}.agent_name AND sessions = 0 AND lines = 0;
`;
}
