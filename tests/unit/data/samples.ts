// Events, blocks and sessions for the tests of this room.

import type { CodeBlock, ExtractionEvent } from '../../../src/model/event.ts';
import type { NewSession } from '../../../src/model/session.ts';

export function sampleEvent(seq: number, changes: Partial<ExtractionEvent> = {}): ExtractionEvent {
  return {
    agentName: 'codex',
    sessionId: 'sess_0123456789ab',
    seq,
    timestamp: new Date(Date.UTC(2026, 1, 10, 10, 30) + seq * 10).toISOString(),
    elapsedMs: seq * 10,
    eventType: 'error',
    pattern: 'error_detection',
    matchedValue: `TypeError ${seq}`,
    originalLine: `line with TypeError ${seq}`,
    lineNumber: seq,
    stream: 'stdout',
    metadata: { number: 1, file: 'src/a.ts' },
    codeBlockLanguage: null,
    riskLevel: 'high',
    autoConfirmable: false,
    ...changes,
  };
}

export function sampleBlock(number: number, changes: Partial<CodeBlock> = {}): CodeBlock {
  return {
    agentName: 'codex',
    sessionId: 'sess_0123456789ab',
    timestamp: new Date(Date.UTC(2026, 1, 10, 11, 0) + number * 10).toISOString(),
    language: 'ts',
    content: `const x = ${number};`,
    lineStart: number,
    lineEnd: number + 2,
    context: { before: 'Here it is:' },
    parseable: true,
    digest: String(number).padStart(64, '0'),
    ...changes,
  };
}

export function sampleSession(changes: Partial<NewSession> = {}): NewSession {
  return {
    sessionId: 'sess_0123456789ab',
    agentName: 'codex',
    environment: 'ci',
    startedAt: '2026-02-10T10:30:00.000Z',
    stdoutLogPath: 'data/sessions/sess_0123456789ab.cast',
    stderrLogPath: null,
    extractionConfigVersion: 'builtin-1',
    environmentConfigVersion: null,
    owner: { pid: 4242, startTicks: 123456, bootId: 'b00t', host: 'desk' },
    cwd: '/home/user/project',
    argv: ['/bin/sh', '-c', "echo 'test error'"],
    command: "echo 'test error'",
    wrapperVersion: '0.1.0',
    ...changes,
  };
}
