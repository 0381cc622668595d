// Migration 2: what the server's questions need to cost the same at any size. Three more tables of counters, kept by the
// transaction that stores the events, and indexes for the lists that had none.

export const queryCounters = `
-- the code blocks that a session printed, whose digests are in the metadata
CREATE INDEX idx_session_block ON extraction_events(session_id, seq)
    WHERE event_type = 'code_block' AND metadata_json IS NOT NULL;
-- latest of an agent and type; which pattern each is of is told without looking at the row
DROP INDEX idx_agent_type;
CREATE INDEX idx_agent_type ON extraction_events(agent_name, event_type, timestamp, pattern);
-- latest blocks in one language, of all agents
CREATE INDEX idx_block_language ON code_blocks(language, timestamp);
-- the active sessions (ended_at IS NULL), latest first
DROP INDEX idx_ended_at;
CREATE INDEX idx_ended_at ON process_sessions(ended_at, started_at);
-- latest sessions in a state
CREATE INDEX idx_state_started ON process_sessions(state, started_at);
-- latest sessions of an agent in a state
CREATE INDEX idx_agent_state ON process_sessions(agent_name, state, started_at);
-- an agent's summary and durations, latest ended first, without looking at the rows
CREATE INDEX idx_agent_summary ON process_sessions(agent_name, ended_at, started_at, exit_code, state, total_lines_processed, total_extraction_events);

-- Number of events of a session by type and risk ('' where an event has none).
CREATE TABLE session_counts (
    session_id TEXT NOT NULL,
    event_type TEXT NOT NULL,
    risk_level TEXT NOT NULL,
    events INTEGER NOT NULL,
    PRIMARY KEY (session_id, event_type, risk_level)
) WITHOUT ROWID;
-- Number of events by agent, hour ('2026-02-10T10', UTC) and type: a timeline by hours.
CREATE TABLE extraction_hours (
    agent_name TEXT NOT NULL,
    hour TEXT NOT NULL,
    event_type TEXT NOT NULL,
    events INTEGER NOT NULL,
    PRIMARY KEY (agent_name, hour, event_type)
) WITHOUT ROWID;
-- Number of events by agent, day ('2026-02-10', UTC), type and pattern: a timeline by days or weeks.
CREATE TABLE extraction_days (
    agent_name TEXT NOT NULL,
    day TEXT NOT NULL,
    event_type TEXT NOT NULL,
    pattern TEXT NOT NULL,
    events INTEGER NOT NULL,
    PRIMARY KEY (agent_name, day, event_type, pattern)
) WITHOUT ROWID;

-- one look at every event that there is
CREATE TEMP TABLE counted AS
    SELECT agent_name, session_id, event_type, pattern, ifnull(risk_level, '') AS risk_level,
        replace(substr(timestamp, 1, 13), ' ', 'T') AS hour, count(*) AS events
    FROM extraction_events WHERE seq IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6;
INSERT INTO session_counts
    SELECT session_id, event_type, risk_level, sum(events) FROM counted GROUP BY 1, 2, 3;
INSERT INTO extraction_hours
    SELECT agent_name, hour, event_type, sum(events) FROM counted GROUP BY 1, 2, 3;
INSERT INTO extraction_days
    SELECT agent_name, substr(hour, 1, 10), event_type, pattern, sum(events) FROM counted GROUP BY 1, 2, 3, 4;
DROP TABLE temp.counted;
-- the days of a pattern, of all agents
CREATE INDEX idx_day_pattern ON extraction_days(pattern, day);

-- the same numbers with the rows that were written by hand, which have no seq and are counted when they are read
CREATE VIEW session_totals AS
    SELECT session_id, event_type, risk_level, events FROM session_counts
    UNION ALL
    SELECT session_id, event_type, ifnull(risk_level, ''), 1
    FROM extraction_events INDEXED BY idx_session_seq WHERE seq IS NULL;
CREATE VIEW extraction_hourly AS
    SELECT agent_name, hour, event_type, events FROM extraction_hours
    UNION ALL
    SELECT agent_name, replace(substr(timestamp, 1, 13), ' ', 'T'), event_type, 1
    FROM extraction_events INDEXED BY idx_uncounted WHERE seq IS NULL;
CREATE VIEW extraction_daily AS
    SELECT agent_name, day, event_type, pattern, events FROM extraction_days
    UNION ALL
    SELECT agent_name, substr(timestamp, 1, 10), event_type, pattern, 1
    FROM extraction_events INDEXED BY idx_uncounted WHERE seq IS NULL;

DROP TRIGGER count_delete;
DROP TRIGGER count_update;
${trigger('count_delete', 'AFTER DELETE ON extraction_events WHEN OLD.seq IS NOT NULL', subtract('OLD'))}
${trigger(
  'count_update',
  `AFTER UPDATE OF agent_name, session_id, timestamp, event_type, pattern, risk_level, seq ON extraction_events
    WHEN OLD.seq IS NOT NULL OR NEW.seq IS NOT NULL`,
  `${subtract('OLD', 'OLD.seq IS NOT NULL AND ')}${add('NEW')}`,
)}

-- A wrapper of before this migration that is still running stores its events without these counters. What it left
-- uncounted are the last events of its session: they are counted when the session ends, whoever ends it.
${trigger(
  'count_at_end',
  `AFTER UPDATE OF ended_at ON process_sessions
    WHEN NEW.ended_at IS NOT NULL
      AND (SELECT ifnull(max(seq), 0) FROM extraction_events WHERE session_id = NEW.session_id)
        > (SELECT ifnull(sum(events), 0) FROM session_counts WHERE session_id = NEW.session_id)`,
  `${countRest('extraction_hours', "agent_name, replace(substr(timestamp, 1, 13), ' ', 'T'), event_type", 3, 'agent_name, hour, event_type')}
${countRest('extraction_days', 'agent_name, substr(timestamp, 1, 10), event_type, pattern', 4, 'agent_name, day, event_type, pattern')}
${countRest('session_counts', "session_id, event_type, ifnull(risk_level, '')", 3, 'session_id, event_type, risk_level')}
`,
)}
`;

function trigger(name: string, when: string, body: string): string {
  return `CREATE TRIGGER ${name} ${when} BEGIN\n${body}END;`;
}

/** Where each counter keeps the row of an event, `OLD` or `NEW`. */
function places(row: string): [table: string, columns: string, key: string[][]][] {
  const agent = ['agent_name', `${row}.agent_name`];
  const type = ['event_type', `${row}.event_type`];
  const pattern = ['pattern', `${row}.pattern`];
  const risk = ['risk_level', `ifnull(${row}.risk_level, '')`];
  const hour = ['hour', `replace(substr(${row}.timestamp, 1, 13), ' ', 'T')`];
  const day = ['day', `substr(${row}.timestamp, 1, 10)`];
  const session = ['session_id', `${row}.session_id`];
  const tables: [string, string[][]][] = [
    ['extraction_counts', [agent, type, pattern, risk]],
    ['session_counts', [session, type, risk]],
    ['extraction_hours', [agent, hour, type]],
    ['extraction_days', [agent, day, type, pattern]],
  ];
  return tables.map(([table, key]) => [table, key.map(([column]) => column).join(', '), key]);
}

function subtract(row: string, condition = ''): string {
  return places(row)
    .map(([table, , key]) => {
      const where = condition + key.map(([column, value]) => `${column} = ${value}`).join(' AND ');
      return `    UPDATE ${table} SET events = events - 1 WHERE ${where};
    DELETE FROM ${table} WHERE ${where} AND events <= 0;\n`;
    })
    .join('');
}

/** An upsert; the SELECT needs its WHERE to be told from a join. */
function add(row: string): string {
  return places(row)
    .map(
      ([
        table,
        columns,
        key,
      ]) => `    INSERT INTO ${table} SELECT ${key.map(([, value]) => value).join(', ')}, 1
        WHERE ${row}.seq IS NOT NULL
        ON CONFLICT (${columns}) DO UPDATE SET events = events + 1;\n`,
    )
    .join('');
}

/** Counts the events of the session that come after as many as are counted; its own counter goes last. */
function countRest(table: string, values: string, columns: number, key: string): string {
  const group = Array.from({ length: columns }, (_, at) => at + 1).join(', ');
  return `    INSERT INTO ${table} SELECT ${values}, count(*) FROM extraction_events
        WHERE session_id = NEW.session_id AND seq >= (
            SELECT seq FROM extraction_events WHERE session_id = NEW.session_id AND seq IS NOT NULL ORDER BY seq
            LIMIT 1 OFFSET (SELECT ifnull(sum(events), 0) FROM session_counts WHERE session_id = NEW.session_id))
        GROUP BY ${group}
        ON CONFLICT (${key}) DO UPDATE SET events = events + excluded.events;`;
}
