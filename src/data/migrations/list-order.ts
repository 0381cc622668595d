// Migration 6: indexes in the order of the lists that are read from them. Lists are in the order of (time, id), and SQLite
// ends every entry of an index with the id, so an index whose last column is the time gives its list without a sort.
// Columns that came after the time, or its opposite direction, made SQLite sort the rows of every millisecond, which took
// a fifth of the time of a page. They had told whose session, pattern or agent an entry is; that an event is of an agent
// and a pattern is now served by the columns before the time. An index has the name that is documented, and is made anew.

export const listOrder = `
-- latest of an agent; its timeline
DROP INDEX idx_agent_session;
CREATE INDEX idx_agent_session ON extraction_events(agent_name, timestamp);
-- latest of a pattern; latest of a type, merged over its patterns
DROP INDEX idx_type_pattern;
CREATE INDEX idx_type_pattern ON extraction_events(event_type, pattern, timestamp);
-- latest of an agent and a pattern; latest of an agent and a type, merged over the patterns that the agent has of it
DROP INDEX idx_agent_type;
CREATE INDEX idx_agent_type ON extraction_events(agent_name, event_type, pattern, timestamp);
-- latest sessions of an agent; its history by days
DROP INDEX idx_agent_started;
CREATE INDEX idx_agent_started ON process_sessions(agent_name, started_at);
-- the days of a pattern, of all agents, without the rows of the counters
DROP INDEX idx_day_pattern;
CREATE INDEX idx_day_pattern ON extraction_days(pattern, day, events);
`;
