// A small database for the tests of the commands: two agents, sessions in every kind of state, events and blocks.

import { createHash } from 'node:crypto';
import { openDatabase } from '../../../src/data/database.ts';
import { ExtractionStore } from '../../../src/data/extraction-store.ts';
import { SessionStore } from '../../../src/data/session-store.ts';
import type { CodeBlock, EventType, ExtractionEvent, RiskLevel } from '../../../src/model/event.ts';
import type { NewSession, SessionState } from '../../../src/model/session.ts';
import { isoTimestamp } from '../../../src/model/time.ts';

/** The time at which the tests stand: local noon. */
export const NOW = new Date(2026, 10, 21, 12, 0, 0).getTime();

export const IDS = {
  completed: 'sess_aaaaaa000001',
  failed: 'sess_aaaaab000002',
  killed: 'sess_bbbbbb000003',
  running: 'sess_cccccc000004',
} as const;

export const PYTHON_BLOCK = 'def answer():\n    return 42';

/** Makes the database; `running` belongs to this process, so that it is alive. */
export function makeSampleDatabase(path: string): void {
  const database = openDatabase(path);
  const sessions = new SessionStore(database);
  const extractions = new ExtractionStore(database);
  const add = (
    sessionId: string,
    agentName: string,
    ageMs: number,
    end?: [SessionState, number | null, number],
  ) => {
    const started = NOW - ageMs;
    sessions.createSession(newSession(sessionId, agentName, isoTimestamp(started)));
    const change = { sessionId, exitCode: null, metadata: null };
    sessions.recordStateChange({ ...change, state: 'started', timestamp: isoTimestamp(started) });
    sessions.recordStateChange({ ...change, state: 'running', timestamp: isoTimestamp(started + 5) });
    for (const pattern of sessionId === IDS.killed ? ['slow_one', 'slow_two'] : []) {
      const metadata = { pattern_disabled: pattern, reason: 'it took too long' };
      sessions.recordStateChange({
        ...change,
        state: 'running',
        timestamp: isoTimestamp(started + 9),
        metadata,
      });
    }
    if (end === undefined) return;
    const [state, exitCode, tookMs] = end;
    const stats = { totalLines: 40, totalExtractions: 3 };
    sessions.completeSession(sessionId, { state, exitCode, endedAt: isoTimestamp(started + tookMs), stats });
  };
  const HOUR = 3_600_000;
  add(IDS.completed, 'codex', 26 * HOUR, ['completed', 0, 245_000]);
  add(IDS.failed, 'codex', 2 * HOUR, ['failed', 1, 12_340]);
  add(IDS.killed, 'claude', HOUR, ['killed', 143, 850]);
  add(IDS.running, 'claude', 180_000);

  extractions.saveExtractionBatch(
    [
      event(IDS.completed, 'codex', 1, 26 * HOUR, 'command', 'shell_command', 'low', 'npm test'),
      event(IDS.failed, 'codex', 1, 2 * HOUR, 'error', 'generic_error', 'medium', 'boom \x1b[31mred'),
      event(IDS.failed, 'codex', 2, 2 * HOUR - 1000, 'warning', 'generic_warning', 'low', 'careful'),
      event(IDS.failed, 'codex', 3, 2 * HOUR - 2000, 'code_block', 'code_block', 'none', null),
      event(IDS.killed, 'claude', 1, HOUR, 'command', 'risky_command', 'critical', 'rm -rf /'),
    ],
    [block(IDS.failed, 'codex', 'python', PYTHON_BLOCK), block(IDS.killed, 'claude', null, 'no language')],
  );
  database.close();
}

function newSession(sessionId: string, agentName: string, startedAt: string): NewSession {
  return {
    sessionId,
    agentName,
    environment: 'ci',
    startedAt,
    stdoutLogPath: sessionId === IDS.killed ? '/nowhere/one.cast' : null,
    stderrLogPath: null,
    extractionConfigVersion: 'builtin-1+00000000',
    environmentConfigVersion: null,
    owner: null,
    cwd: '/project',
    argv: ['npm', 'test'],
    command: 'npm test',
    wrapperVersion: '0.1.0',
  };
}

function event(
  sessionId: string,
  agentName: string,
  seq: number,
  ageMs: number,
  eventType: EventType,
  pattern: string,
  riskLevel: RiskLevel,
  value: string | null,
): ExtractionEvent {
  return {
    agentName,
    sessionId,
    seq,
    timestamp: isoTimestamp(NOW - ageMs),
    elapsedMs: seq * 1000,
    eventType,
    pattern,
    matchedValue: value,
    originalLine: value === null ? null : `line with ${value}`,
    lineNumber: seq * 10,
    stream: 'stdout',
    metadata: { seq },
    codeBlockLanguage: eventType === 'code_block' ? 'python' : null,
    riskLevel,
    autoConfirmable: false,
  };
}

function block(sessionId: string, agentName: string, language: string | null, content: string): CodeBlock {
  return {
    agentName,
    sessionId,
    timestamp: isoTimestamp(NOW - 7_000_000),
    language,
    content,
    lineStart: 30,
    lineEnd: 33,
    context: null,
    parseable: null,
    digest: createHash('sha256').update(content).digest('hex'),
  };
}
