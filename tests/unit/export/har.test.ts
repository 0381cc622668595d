// The har export against the schemas of HAR 1.2, and against what the schemas do not say.

import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import {
  castFiles,
  exported,
  ID,
  imported,
  newDatabasePath,
  storeSession,
  withDatabase,
} from './sessions.ts';

const SCHEMAS = fileURLToPath(new URL('../../fixtures/har-schema', import.meta.url));

interface Entry {
  readonly startedDateTime: string;
  readonly time: number;
  readonly pageref: string;
  readonly comment: string;
  readonly request: {
    readonly url: string;
    readonly bodySize: number;
    readonly postData?: { readonly text: string };
  };
  readonly response: {
    readonly status: number;
    readonly content: { readonly size: number; readonly text: string };
  };
  readonly timings: Readonly<Record<string, number>>;
  readonly _wrapper: { readonly synthetic: boolean; readonly type: string; readonly incomplete?: boolean };
}
interface Har {
  readonly log: {
    readonly comment: string;
    readonly pages: readonly { readonly id: string; readonly startedDateTime: string }[];
    readonly entries: readonly Entry[];
  };
}

const require = createRequire(import.meta.url);
const ajv = new Ajv({ strict: false, allErrors: true });
(addFormats as unknown as (instance: Ajv) => void)(ajv);
ajv.addMetaSchema(require('ajv/dist/refs/json-schema-draft-06.json') as object);
for (const name of readdirSync(SCHEMAS).filter((file) => file.endsWith('.json'))) {
  ajv.addSchema(JSON.parse(readFileSync(join(SCHEMAS, name), 'utf8')) as object);
}
const validate = ajv.getSchema('har.json#')!;

function checked(text: string): Har {
  expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
  const har = JSON.parse(text) as Har;
  validate(har);
  expect(validate.errors ?? []).toEqual([]);
  const pages = har.log.pages.map((page) => page.id);
  expect(new Set(pages).size).toBe(pages.length);
  for (const entry of har.log.entries) {
    const timings = Object.values(entry.timings).filter((time) => time !== -1);
    expect(timings.every((time) => time >= 0)).toBe(true);
    expect(entry.time).toBe(timings.reduce((sum, time) => sum + time, 0));
    expect(pages).toContain(entry.pageref);
    expect(entry.response.content.size).toBe(Buffer.byteLength(entry.response.content.text));
    expect(entry.request.bodySize).toBe(Buffer.byteLength(entry.request.postData?.text ?? ''));
    expect(new URL(entry.request.url).hostname).toMatch(/\.wrapper\.invalid$/);
    expect(entry.comment).toBe('synthetic: terminal session event, no HTTP traffic');
    expect(entry._wrapper.synthetic).toBe(true);
    expect(entry).not.toHaveProperty('serverIPAddress');
    expect(entry).not.toHaveProperty('connection');
  }
  return har;
}

describe('a HAR', () => {
  it('is refused by the schemas when something is missing, so that the other tests mean something', () => {
    expect(validate({ log: { version: '1.2', creator: { name: 'x', version: '1' } } })).toBe(false);
    expect(
      validate({ log: { version: '1.2', creator: { name: 'x', version: '1' }, entries: [{ time: 1 }] } }),
    ).toBe(false);
  });

  it.each(castFiles())('is valid for %s', async (path) => {
    const dbPath = newDatabasePath();
    const { sessionId, events } = imported(dbPath, { path });
    const { log } = checked(await exported(dbPath, 'har', sessionId));
    expect(log.entries).toHaveLength(events + 1);
  });

  it('is valid for a session in which nothing was found', async () => {
    const dbPath = newDatabasePath();
    storeSession(dbPath, {});
    const { log } = checked(await exported(dbPath, 'har'));
    expect(log.entries).toHaveLength(1);
    expect(log.entries[0]).toMatchObject({
      time: 60_123,
      response: { status: 500 },
      _wrapper: { type: 'command' },
    });
    expect(log.comment).toContain('Status numbers are a display aid');
  });

  it('is valid for events with text of every kind, and tells errors from others', async () => {
    const dbPath = newDatabasePath();
    const original = 'é\u{1f642}\x1b[31m\x00\x9b\u2028 "quoted" \\';
    storeSession(dbPath, {
      events: [
        { eventType: 'error', originalLine: original },
        { eventType: 'url', originalLine: null, metadata: null },
      ],
    });
    const { entries } = checked(await exported(dbPath, 'har')).log;
    expect(entries.map(({ response }) => response.status)).toEqual([500, 500, 200]);
    expect(JSON.parse(entries[1]!.response.content.text)).toMatchObject({ original_line: original });
    expect(entries[1]!.request.url).toBe(`https://${ID.replace('_', '-')}.wrapper.invalid/events/1/error`);
  });

  it('is valid for a session that goes on, whose command has no answer yet', async () => {
    const dbPath = newDatabasePath();
    storeSession(dbPath, { events: [{}] });
    withDatabase(dbPath, (database) =>
      database.write(() =>
        database.prepare('UPDATE process_sessions SET ended_at = NULL, exit_code = NULL').run(),
      ),
    );
    const [command] = checked(await exported(dbPath, 'har')).log.entries;
    expect(command).toMatchObject({ response: { status: 0 }, _wrapper: { incomplete: true } });
  });

  it('is sorted by time', async () => {
    const dbPath = newDatabasePath();
    storeSession(dbPath, { events: Array.from({ length: 1200 }, () => ({})) });
    const times = checked(await exported(dbPath, 'har')).log.entries.map(
      ({ startedDateTime }) => startedDateTime,
    );
    expect(times).toEqual([...times].sort());
    expect(times).toHaveLength(1201);
  });
});
