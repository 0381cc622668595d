// Migration 5: times that people write. The documented default of a time is `2026-02-10 10:30:00`, which sorts before every
// moment of its day in the form that we write, so that a span of time left such rows out. From here on a row that is
// inserted with another form, or with none, gets ours: by triggers, but for events, of which a trigger would make storing
// a third slower. Events that are written by hand, which have no seq, are found by a small index and mended when the
// database is next read (src/data/hand-written-times.ts).

/** Our form, `2026-02-10T10:30:00.000Z`, in which text is in the order of time. */
const OURS = '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9]Z';

/** Events whose time is not in our form. Both as the condition of the index and of who asks by it. */
export const FOREIGN_EVENTS = `seq IS NULL AND (timestamp IS NULL OR timestamp NOT GLOB '${OURS}')`;

export const handWrittenTimes = `
-- events that were written by hand and whose time is not in our form yet
CREATE INDEX idx_foreign_time ON extraction_events(id) WHERE ${FOREIGN_EVENTS};
${mend('code_blocks', 'timestamp')}
${mend('process_sessions', 'started_at')}
${mend('process_sessions', 'ended_at')}
${mend('process_state_changes', 'timestamp')}

${trigger('block_time', 'code_blocks', 'timestamp')}
${trigger('session_start_time', 'process_sessions', 'started_at')}
CREATE TRIGGER session_end_time AFTER UPDATE OF ended_at ON process_sessions
    WHEN NEW.ended_at NOT GLOB '${OURS}' AND ${inOurForm('NEW.ended_at')} IS NOT NEW.ended_at BEGIN
    UPDATE process_sessions SET ended_at = ${inOurForm('NEW.ended_at')} WHERE id = NEW.id;
END;
-- the state of the latest change, by the time that it gets
DROP TRIGGER state_follows_change;
CREATE TRIGGER state_follows_change AFTER INSERT ON process_state_changes BEGIN
    UPDATE process_state_changes SET timestamp = ${inOurForm('NEW.timestamp')}
    WHERE id = NEW.id AND (NEW.timestamp IS NULL OR NEW.timestamp NOT GLOB '${OURS}');
    UPDATE process_sessions SET state = NEW.state
    WHERE session_id = NEW.session_id AND NOT EXISTS (
        SELECT 1 FROM process_state_changes
        WHERE session_id = NEW.session_id AND timestamp > ${inOurForm('NEW.timestamp')});
END;
`;

/** The same moment in our form: now for NULL, and what is no time as it is. 'auto' takes numbers for seconds since 1970. */
export function inOurForm(value: string): string {
  const form = '%Y-%m-%dT%H:%M:%fZ';
  return `coalesce(strftime('${form}', ${value}, 'auto'), ${value}, strftime('${form}', 'now'))`;
}

function trigger(name: string, table: string, column: string): string {
  return `CREATE TRIGGER ${name} AFTER INSERT ON ${table}
    WHEN NEW.${column} IS NULL OR NEW.${column} NOT GLOB '${OURS}' BEGIN
    UPDATE ${table} SET ${column} = ${inOurForm(`NEW.${column}`)} WHERE id = NEW.id;
END;`;
}

/** Rows that are there already; what has no time at all keeps none, for when it was written is not known. */
function mend(table: string, column: string): string {
  return `UPDATE ${table} SET ${column} = ${inOurForm(column)}
    WHERE ${column} IS NOT NULL AND ${column} NOT GLOB '${OURS}';`;
}
