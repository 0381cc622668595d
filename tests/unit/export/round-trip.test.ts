// Export, import into an empty database, export again: the same bytes.

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openDatabase } from '../../../src/data/database.ts';
import { ExtractionStore } from '../../../src/data/extraction-store.ts';
import { QueryService } from '../../../src/data/query-service.ts';
import { sessionFiles } from '../../../src/data/session-files.ts';
import { SessionStore } from '../../../src/data/session-store.ts';
import { EVENT_TYPES, RISK_LEVELS, STREAM_NAMES } from '../../../src/model/event.ts';
import {
  type Contents,
  castFiles,
  exported,
  ID,
  imported,
  newDatabasePath,
  printedBlock,
  storeSession,
  withDatabase,
} from './sessions.ts';

const FORMATS = ['json', 'jsonl', 'cast'] as const;

/** Any text that can be in a database, secrets excepted: those would be taken out. */
const text = fc.string({ unit: 'binary', maxLength: 60 }).map((value) => Buffer.from(value).toString());
const optional = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: null });
const event = fc.record({
  eventType: fc.constantFrom(...EVENT_TYPES.filter((type) => type !== 'code_block')),
  pattern: fc.constantFrom('error_label', 'cost', 'own pattern'),
  matchedValue: optional(text),
  originalLine: optional(text),
  lineNumber: optional(fc.nat()),
  elapsedMs: optional(fc.nat()),
  stream: optional(fc.constantFrom(...STREAM_NAMES)),
  metadata: optional(
    fc.dictionary(
      fc.string({ maxLength: 8 }).filter((key) => key !== '__proto__'),
      fc
        .jsonValue({ maxDepth: 3, stringUnit: 'binary' })
        // An import refuses this key at any depth.
        .filter((value) => !JSON.stringify(value).includes('__proto__'))
        .map((value) => JSON.parse(JSON.stringify(value)) as unknown),
      { maxKeys: 4, noNullPrototype: true },
    ),
  ),
  codeBlockLanguage: optional(text),
  riskLevel: optional(fc.constantFrom(...RISK_LEVELS)),
  autoConfirmable: fc.boolean(),
});
const pieces = (streams: readonly (typeof STREAM_NAMES)[number][]) =>
  fc
    .array(
      fc.record({
        stream: fc.constantFrom(...streams),
        text,
        wait: fc.double({ min: 0, max: 900, noNaN: true }),
      }),
    )
    .map((list) => {
      let elapsedMs = 0;
      return list.map(({ wait, ...piece }) => {
        elapsedMs += wait;
        return { ...piece, elapsedMs };
      });
    });
const contents: fc.Arbitrary<Contents> = fc
  .record({
    events: fc.array(event, { maxLength: 30 }),
    blocks: fc.uniqueArray(text, { maxLength: 4 }),
    recording: fc.oneof(
      fc.constant({ mode: 'pipe' as const, pieces: undefined }),
      pieces(['stdout', 'stderr', 'output']).map((list) => ({ mode: 'pipe' as const, pieces: list })),
      pieces(['pty']).map((list) => ({ mode: 'pty' as const, pieces: list })),
    ),
  })
  .map(({ events, blocks, recording }) => {
    const printed = blocks.map((content, index) => printedBlock(content, events.length + index + 1));
    return {
      events: [...events, ...printed.map((one) => one.event)],
      blocks: printed.map((one) => one.block),
      ...recording,
    };
  });

async function roundTrip(dbPath: string, format: (typeof FORMATS)[number], sessionId = ID): Promise<void> {
  const first = await exported(dbPath, format, sessionId);
  const other = newDatabasePath();
  imported(other, { text: first }, { format });
  expect(await exported(other, format, sessionId)).toBe(first);
}

describe('a session that travels', () => {
  it('is the same in every transport format, whatever it holds', async () => {
    await fc.assert(
      fc.asyncProperty(contents, async (session) => {
        const dbPath = newDatabasePath();
        storeSession(dbPath, session);
        await roundTrip(dbPath, 'json');
        await roundTrip(dbPath, 'jsonl');
        if (session.pieces !== undefined) await roundTrip(dbPath, 'cast');
      }),
      { numRuns: 25 },
    );
  });

  it('keeps a state that no change has led to', async () => {
    const dbPath = newDatabasePath();
    const database = openDatabase(dbPath);
    database
      .prepare(
        'INSERT INTO process_sessions (agent_name, session_id, started_at, ended_at, exit_code, state) VALUES (?,?,?,?,?,?)',
      )
      .run('hand', ID, '2026-11-01T00:00:00.000Z', '2026-11-01T00:01:00.000Z', 1, 'failed');
    database.close();
    await roundTrip(dbPath, 'json');
    await roundTrip(dbPath, 'jsonl');
  });

  it('leaves as a cast what was recorded, byte for byte', async () => {
    const dbPath = newDatabasePath();
    const pieces = ['one\n', '\x1b[31m\u{1f642}é\x9b\x7f', '\u2028'].map((text, index) => ({
      stream: (['stdout', 'stderr', 'output'] as const)[index]!,
      text,
      elapsedMs: index * 1000.25,
    }));
    storeSession(dbPath, { pieces });
    expect(await exported(dbPath, 'cast')).toBe(readFileSync(sessionFiles(dbPath, ID).cast, 'utf8'));
  });

  it.each(['cast', 'cast3'] as const)('has its start to the millisecond in a %s', async (format) => {
    const dbPath = newDatabasePath();
    const mark = { session_id: ID, agent: 'codex', version: null, mode: 'pty' };
    const started_at = '2026-02-10T10:30:00.987Z';
    const header = { version: 2, width: 80, height: 24, timestamp: 1770719400 };
    const event = '[0.5,"o","one\\r\\n"]\n';
    const startOf = (path: string): string =>
      withDatabase(path, (database) => new SessionStore(database).getSession(ID)!.startedAt);
    const text = `${JSON.stringify({ ...header, wrapper: { ...mark, started_at } })}\n${event}`;
    imported(dbPath, { text });
    expect(startOf(dbPath)).toBe(started_at);
    const other = newDatabasePath();
    imported(other, { text: await exported(dbPath, format) });
    expect(startOf(other)).toBe(started_at);
    expect(await exported(other, 'json')).toBe(
      (await exported(dbPath, 'json')).replaceAll('asciicast-v2', `asciicast-v${format === 'cast' ? 2 : 3}`),
    );
    // What is no time, or one of another second, is not believed.
    for (const wrong of [
      '2026-02-10T10:30:01.987Z',
      '2026-02-10T10:30:00.9Z',
      '9999-99-99T99:99:99.999Z',
      7,
      null,
    ]) {
      const changed = `${JSON.stringify({ ...header, wrapper: { ...mark, started_at: wrong } })}\n${event}`;
      imported(other, { text: changed }, { replace: true });
      expect(startOf(other)).toBe('2026-02-10T10:30:00.000Z');
      expect(await exported(other, 'cast')).not.toContain('started_at');
    }
  });

  it.each(castFiles())('is the same after %s was imported', async (path) => {
    const dbPath = newDatabasePath();
    const { sessionId } = imported(dbPath, { path });
    for (const format of FORMATS) await roundTrip(dbPath, format, sessionId);
  });

  it('brings the blocks along that another session had printed before, as its own', async () => {
    const dbPath = newDatabasePath();
    const { block, event: printed } = printedBlock('const shared = 1;', 1);
    const other = 'sess_aaaaaaaaaaaa';
    storeSession(dbPath, { events: [printed], blocks: [block], sessionId: other });
    storeSession(dbPath, { events: [{ ...printed, sessionId: ID }], blocks: [] });
    const first = await exported(dbPath, 'json');
    expect(JSON.parse(first).code_blocks).toMatchObject([{ session_id: ID, content: 'const shared = 1;' }]);
    expect(first).not.toContain(other);
    await roundTrip(dbPath, 'json');
    await roundTrip(dbPath, 'jsonl');
  });

  it('takes no block from a session that printed it, too, when its own is replaced', async () => {
    const dbPath = newDatabasePath();
    const { block, event: printed } = printedBlock('const shared = 1;', 1);
    const own = printedBlock('const mine = 2;', 2);
    const other = 'sess_aaaaaaaaaaaa';
    storeSession(dbPath, { events: [printed, own.event], blocks: [block, own.block] });
    storeSession(dbPath, { events: [{ ...printed, sessionId: other }], sessionId: other });
    const before = await exported(dbPath, 'json', other);
    const without = newDatabasePath();
    storeSession(without, { events: [{}] });
    imported(dbPath, { text: await exported(without, 'json') }, { replace: true });
    expect(await exported(dbPath, 'json', other)).toBe(before);
    expect(await exported(dbPath, 'json')).not.toContain('const mine');
  });

  it('keeps rows that were written by hand, which have no number', async () => {
    const dbPath = newDatabasePath();
    storeSession(dbPath, { events: [{}] });
    const insert = `INSERT INTO extraction_events (agent_name, session_id, timestamp, event_type, pattern)
      VALUES ('codex', '${ID}', '2026-02-10T10:30:00.000Z', 'error', 'by hand')`;
    withDatabase(dbPath, (database) =>
      database.write(() => [1, 2].map(() => database.prepare(insert).run())),
    );
    const rows = JSON.parse(await exported(dbPath, 'json')).events as { seq: number | null }[];
    expect(rows.map(({ seq }) => seq)).toEqual([null, null, 1]);
    await roundTrip(dbPath, 'json');
  });

  it('counts in the statistics where it arrives', async () => {
    const dbPath = newDatabasePath();
    storeSession(dbPath, { events: [{}, { eventType: 'warning' }, {}] });
    const other = newDatabasePath();
    const file = { text: await exported(dbPath, 'jsonl') };
    imported(other, file);
    imported(other, file, { replace: true });
    const stats = withDatabase(other, (database) =>
      new ExtractionStore(database).getExtractionStats('codex'),
    );
    expect(stats.byType).toEqual({ error: 2, warning: 1 });
    for (const path of [dbPath, other]) {
      const answers = withDatabase(path, (database) => {
        const queries = new QueryService(database);
        const detail = queries.sessionDetail(ID)!;
        const { buckets } = queries.timeline({
          agent: 'codex',
          since: '2026-02-10T00:00:00.000Z',
          until: '2026-02-11T00:00:00.000Z',
          bucket: 'day',
        });
        return {
          total: detail.totalEvents,
          byType: detail.byType,
          counts: buckets.map(({ total }) => total),
        };
      });
      expect(answers).toEqual({ total: 3, byType: { error: 2, warning: 1 }, counts: [3] });
    }
  });

  it('ends as lost when it was still running when it left', async () => {
    const dbPath = newDatabasePath();
    storeSession(dbPath, { events: [{}] });
    withDatabase(dbPath, (database) =>
      database.write(() =>
        database.prepare('UPDATE process_sessions SET ended_at = NULL, exit_code = NULL').run(),
      ),
    );
    const other = newDatabasePath();
    imported(other, { text: await exported(dbPath, 'json') });
    const session = withDatabase(other, (database) => new SessionStore(database).getSession(ID));
    expect(session).toMatchObject({ state: 'lost', endedAt: '2026-02-10T10:31:00.123Z', exitCode: null });
  });

  it.each(['cast', 'cast3'] as const)('ends as lost when its %s has no end', async (format) => {
    const dbPath = newDatabasePath();
    storeSession(dbPath, { pieces: [{ stream: 'stdout', text: 'one\n', elapsedMs: 5 }], wasCutOff: true });
    const other = newDatabasePath();
    imported(other, { text: await exported(dbPath, format) });
    const { session, changes } = storedIn(other);
    expect(session).toMatchObject({ state: 'lost', endedAt: '2026-02-10T10:31:00.000Z', exitCode: null });
    expect(changes.at(-1)).toMatchObject({
      state: 'lost',
      metadata: { reason: 'the recording ends without the end of the session' },
    });
  });

  it.each(['cast', 'cast3'] as const)('ends in a %s as it ended', async (format) => {
    const dbPath = newDatabasePath();
    storeSession(dbPath, { pieces: [{ stream: 'stdout', text: 'one\n', elapsedMs: 5 }] });
    const other = newDatabasePath();
    imported(other, { text: await exported(dbPath, format) });
    expect(storedIn(other).session).toMatchObject({ state: 'failed', exitCode: 3 });
  });

  it.each(['cast', 'cast3'] as const)(
    'is completed as a %s when another program recorded it',
    async (format) => {
      const dbPath = newDatabasePath();
      const text = '{"version":2,"width":80,"height":24}\n[0.5,"o","one\\r\\n"]\n';
      const { sessionId } = imported(dbPath, { text });
      expect(storedIn(dbPath, sessionId).session).toMatchObject({ state: 'completed', exitCode: null });
      const other = newDatabasePath();
      imported(other, { text: await exported(dbPath, format, sessionId) });
      expect(storedIn(other, sessionId).session).toMatchObject({ state: 'completed', exitCode: null });
    },
  );
});

function storedIn(dbPath: string, sessionId = ID) {
  return withDatabase(dbPath, (database) => {
    const sessions = new SessionStore(database);
    return { session: sessions.getSession(sessionId), changes: sessions.getStateChanges(sessionId) };
  });
}
