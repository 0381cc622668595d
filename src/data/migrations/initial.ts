// Migration 1: the documented tables, columns and index names, with our added columns after the given ones.
//
// Every list is ordered by (timestamp, id) and paged by that key; the id at the end of an index costs nothing, as
// SQLite appends it to every entry. Each index names the query that it serves. Writing is what they cost: see
// docs/DATABASE.md.

export const initial = `
CREATE TABLE extraction_events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    agent_name TEXT NOT NULL,
    session_id TEXT NOT NULL,
    timestamp DATETIME DEFAULT CURRENT_TIMESTAMP,
    event_type TEXT NOT NULL,
    pattern TEXT NOT NULL,
    matched_value TEXT,
    original_line TEXT,
    line_number INTEGER,
    metadata_json TEXT,
    code_block_language TEXT,
    risk_level TEXT,
    auto_confirmable BOOLEAN DEFAULT 0,
    seq INTEGER,
    stream TEXT,
    elapsed_ms INTEGER
);
-- latest of an agent; the timeline of an agent; which session each belongs to is told without looking at the row
CREATE INDEX idx_agent_session ON extraction_events(agent_name, timestamp, session_id);
-- latest of a pattern, also of one agent, who is told without looking at the row; latest of a type, merged over its
-- patterns
CREATE INDEX idx_type_pattern ON extraction_events(event_type, pattern, timestamp, agent_name);
-- latest of all agents; a span of time
CREATE INDEX idx_timestamp ON extraction_events(timestamp);
-- latest of a risk level; most rows have none and are left out
CREATE INDEX idx_risk_level ON extraction_events(risk_level, timestamp) WHERE risk_level <> 'none';
-- the events of a session in order, the last seq of a session, and writing each event only once
CREATE UNIQUE INDEX idx_session_seq ON extraction_events(session_id, seq);
-- latest of an agent and type
CREATE INDEX idx_agent_type ON extraction_events(agent_name, event_type, timestamp);

CREATE TABLE code_blocks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    agent_name TEXT NOT NULL,
    session_id TEXT NOT NULL,
    timestamp DATETIME DEFAULT CURRENT_TIMESTAMP,
    language TEXT,
    content TEXT,
    line_start INTEGER,
    line_end INTEGER,
    context_json TEXT,
    parseable BOOLEAN,
    digest TEXT UNIQUE  -- SHA256 for deduplication
);
-- latest blocks of an agent in one language
CREATE INDEX idx_agent_language ON code_blocks(agent_name, language, timestamp);
-- a block by its digest
CREATE INDEX idx_digest ON code_blocks(digest);
-- latest blocks of all agents; a span of time
CREATE INDEX idx_block_timestamp ON code_blocks(timestamp);
-- latest blocks of an agent
CREATE INDEX idx_block_agent ON code_blocks(agent_name, timestamp);
-- the blocks of a session
CREATE INDEX idx_block_session ON code_blocks(session_id);

CREATE TABLE process_sessions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    agent_name TEXT NOT NULL,
    session_id TEXT NOT NULL UNIQUE,
    environment TEXT,
    started_at DATETIME DEFAULT CURRENT_TIMESTAMP,
    ended_at DATETIME,
    exit_code INTEGER,
    total_lines_processed INTEGER DEFAULT 0,
    total_extraction_events INTEGER DEFAULT 0,
    total_feedback_outcomes INTEGER DEFAULT 0,
    stdout_log_path TEXT,
    stderr_log_path TEXT,
    extraction_config_version TEXT,
    environment_config_version TEXT,
    state TEXT,
    pid INTEGER,
    pid_start_ticks INTEGER,
    boot_id TEXT,
    host TEXT,
    cwd TEXT,
    argv_json TEXT,
    command TEXT,
    wrapper_version TEXT,
    bytes_missing INTEGER DEFAULT 0
);
-- latest sessions of an agent; an agent's history by days; an agent's summary
CREATE INDEX idx_agent_started ON process_sessions(agent_name, started_at DESC);
-- a session by its id or a prefix of it
CREATE INDEX idx_session_id ON process_sessions(session_id);
-- the active sessions (ended_at IS NULL)
CREATE INDEX idx_ended_at ON process_sessions(ended_at);
-- latest sessions of all agents, and the last one
CREATE INDEX idx_started_at ON process_sessions(started_at);

CREATE TABLE process_state_changes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    session_id TEXT NOT NULL,
    timestamp DATETIME DEFAULT CURRENT_TIMESTAMP,
    state TEXT,
    exit_code INTEGER,
    metadata_json TEXT,
    FOREIGN KEY (session_id) REFERENCES process_sessions(session_id)
);
-- the states of a session in order
CREATE INDEX idx_state_session ON process_state_changes(session_id, timestamp);
-- process_sessions.state is the state of the latest change, whoever writes the change
CREATE TRIGGER state_follows_change AFTER INSERT ON process_state_changes BEGIN
    UPDATE process_sessions SET state = NEW.state
    WHERE session_id = NEW.session_id AND NOT EXISTS (
        SELECT 1 FROM process_state_changes
        WHERE session_id = NEW.session_id AND timestamp > NEW.timestamp);
END;

-- rows written by hand have no seq and are not in extraction_counts: the view below counts them from here
CREATE INDEX idx_uncounted ON extraction_events(agent_name, event_type, pattern, risk_level) WHERE seq IS NULL;

-- Number of events by agent, type, pattern and risk ('' where an event has none), so that statistics cost the same at
-- any size. A batch counts its own events when it is written (a trigger for each row would double the cost of
-- writing); deletes and updates of events that have a seq are followed by the triggers.
CREATE TABLE extraction_counts (
    agent_name TEXT NOT NULL,
    event_type TEXT NOT NULL,
    pattern TEXT NOT NULL,
    risk_level TEXT NOT NULL,
    events INTEGER NOT NULL,
    PRIMARY KEY (agent_name, event_type, pattern, risk_level)
) WITHOUT ROWID;
-- the types under which a pattern was stored; the patterns of a type
CREATE INDEX idx_count_pattern ON extraction_counts(pattern, event_type);
CREATE INDEX idx_count_type ON extraction_counts(event_type, pattern);
CREATE VIEW extraction_totals AS
    SELECT agent_name, event_type, pattern, risk_level, events FROM extraction_counts
    UNION ALL
    SELECT agent_name, event_type, pattern, ifnull(risk_level, ''), 1
    FROM extraction_events INDEXED BY idx_uncounted WHERE seq IS NULL;
CREATE TRIGGER count_delete AFTER DELETE ON extraction_events WHEN OLD.seq IS NOT NULL BEGIN
    UPDATE extraction_counts SET events = events - 1 WHERE agent_name = OLD.agent_name
        AND event_type = OLD.event_type AND pattern = OLD.pattern AND risk_level = ifnull(OLD.risk_level, '');
    DELETE FROM extraction_counts WHERE agent_name = OLD.agent_name AND event_type = OLD.event_type
        AND pattern = OLD.pattern AND risk_level = ifnull(OLD.risk_level, '') AND events <= 0;
END;
CREATE TRIGGER count_update AFTER UPDATE OF agent_name, event_type, pattern, risk_level, seq ON extraction_events BEGIN
    UPDATE extraction_counts SET events = events - 1 WHERE OLD.seq IS NOT NULL AND agent_name = OLD.agent_name
        AND event_type = OLD.event_type AND pattern = OLD.pattern AND risk_level = ifnull(OLD.risk_level, '');
    DELETE FROM extraction_counts WHERE agent_name = OLD.agent_name AND event_type = OLD.event_type
        AND pattern = OLD.pattern AND risk_level = ifnull(OLD.risk_level, '') AND events <= 0;
    INSERT OR IGNORE INTO extraction_counts
    SELECT NEW.agent_name, NEW.event_type, NEW.pattern, ifnull(NEW.risk_level, ''), 0 WHERE NEW.seq IS NOT NULL;
    UPDATE extraction_counts SET events = events + 1 WHERE NEW.seq IS NOT NULL AND agent_name = NEW.agent_name
        AND event_type = NEW.event_type AND pattern = NEW.pattern AND risk_level = ifnull(NEW.risk_level, '');
END;
`;
