// Events as a recorder publishes them, without a recorder: for measurements of the server alone.

import { run, wrapper } from './harness.mjs';

const SESSION = 'sess_0123456789ab';
const STARTED = '2026-02-10T10:30:00.000Z';

/** The JSON of one event, about 400 bytes. */
export function liveEvent(seq) {
  return JSON.stringify({
    type: 'event',
    agent_name: 'bench',
    session_id: SESSION,
    seq,
    timestamp: STARTED,
    elapsed_ms: seq,
    event_type: 'error',
    pattern: 'error_label',
    matched_value: `item ${seq} failed`,
    original_line: `error: item ${seq} failed`,
    line_number: seq,
    stream: 'stdout',
    metadata: { message: `item ${seq} failed` },
    code_block_language: null,
    risk_level: 'medium',
    auto_confirmable: false,
  });
}

liveEvent.hello = () => ({
  type: 'hello',
  protocol: 1,
  session: { session_id: SESSION, agent_name: 'bench', state: 'running', started_at: STARTED },
  state: {
    type: 'state',
    session_id: SESSION,
    agent_name: 'bench',
    state_seq: 2,
    timestamp: STARTED,
    state: 'running',
    exit_code: null,
    metadata: null,
  },
  stored_seq: 0,
  last_seq: 0,
  last_event_at: null,
});

/** The token of a database. */
export async function ensureToken(database, scratch) {
  const { text } = await run(wrapper('token', '--db', database), { scratch, stdout: 'text' });
  return text.trim();
}
