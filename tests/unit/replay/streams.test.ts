// A replay as a stream of bytes: the reader sets the pace, and whoever stops reading stops everything.

import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { replayDocument, streamOf } from '../../../src/api/replay/document.ts';
import { eventStream } from '../../../src/api/replay/event-stream.ts';
import { ReplayRegistry } from '../../../src/api/replay/registry.ts';
import { type ReplayMessage, type ReplaySeek, replayDocumentSchema } from '../../../src/model/wire-replay.ts';
import { newSample, type Sample, SESSION_ID } from './sample-session.ts';

const PIECES = 2000;
const PIECE = 'p'.repeat(4000);

/** Eight megabytes of output within twenty milliseconds. */
function large(): Sample {
  const sample = newSample();
  for (let piece = 0; piece < PIECES; piece++) {
    sample.recording!.append('pty', Buffer.from(`${piece} ${PIECE}`), piece / 100);
    if (piece % 10 === 9) sample.event((piece + 1) / 10, piece / 100);
  }
  sample.end(21);
  return sample;
}

function streamed(sample: Sample) {
  const registry = new ReplayRegistry(() => sample.stores);
  const replay = registry.open({
    sessionId: SESSION_ID,
    speed: 100,
    idleLimitMs: null,
    output: true,
    follow: false,
    lingers: false,
  });
  const errors: unknown[] = [];
  let ends = 0;
  const stream = eventStream(replay, (error) => {
    ends++;
    if (error !== undefined) errors.push(error);
    registry.forget(replay);
  });
  return { registry, replay, stream, errors, ends: () => ends };
}

function openRecordings(): number {
  return readdirSync('/proc/self/fd').length;
}

describe('the stream of a replay', () => {
  it('waits for its reader, and loses nothing', async () => {
    const { replay, stream, registry, errors, ends } = streamed(large());
    // With nobody reading, it comes to a stand long before the end, although everything is due.
    await expect.poll(() => replay.state().position_ms).toBeGreaterThan(0);
    let before = -1;
    while (replay.state().position_ms !== before) {
      before = replay.state().position_ms;
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    expect(before).toBeLessThan(5);
    let text = '';
    for await (const chunk of stream as unknown as AsyncIterable<Uint8Array>)
      text += Buffer.from(chunk).toString();
    const messages = text
      .split('\n\n')
      .flatMap((block) => /^data: (.*)$/m.exec(block)?.[1] ?? [])
      .map((data) => JSON.parse(data) as ReplayMessage);
    const outputs = messages.flatMap((message) => (message.type === 'output' ? [message.data] : []));
    expect(outputs.map((data) => Number.parseInt(data, 10))).toEqual(
      Array.from({ length: PIECES }, (_, at) => at),
    );
    expect(messages.at(-1)).toMatchObject({
      type: 'replay_complete',
      outputs: PIECES,
      extractions: PIECES / 10,
    });
    expect([registry.size, errors, ends()]).toEqual([0, [], 1]);
  });

  it('ends when its reader goes away', async () => {
    const files = openRecordings();
    const { stream, registry, errors, ends } = streamed(large());
    const reader = stream.getReader();
    await reader.read();
    expect(openRecordings()).toBeGreaterThan(files);
    await reader.cancel();
    await expect.poll(() => registry.size).toBe(0);
    await expect.poll(openRecordings).toBeLessThanOrEqual(files + 3);
    expect([errors, ends()]).toEqual([[], 1]);
  });

  it('breaks off with its error when the session cannot be read any more', async () => {
    const sample = large();
    let gone = false;
    const stores = {
      ...sample.stores,
      get extractions() {
        if (gone) throw new Error('the database has gone');
        return sample.stores.extractions;
      },
    };
    const { stream, errors, registry } = streamed({ ...sample, stores });
    gone = true;
    await expect(new Response(stream).text()).rejects.toThrow();
    expect(String(errors[0])).toContain('the database has gone');
    expect(registry.size).toBe(0);
  });
});

describe('the document of a session', () => {
  it('has all of it, as documented', async () => {
    const sample = large();
    const pieces = replayDocument(() => sample.stores, SESSION_ID, { output: true, now: () => 0 });
    const found = replayDocumentSchema.parse(await new Response(streamOf(pieces)).json());
    expect(found.events).toHaveLength(PIECES / 10);
    expect(found.state_changes).toHaveLength(3);
    expect(found.output.filter(({ data }) => data !== '')).toHaveLength(PIECES);
    expect(found.exported_at).toBe('1970-01-01T00:00:00.000Z');
  });

  it('has only what comes behind a place', async () => {
    const sample = large();
    const document = async (from?: ReplaySeek) => {
      const pieces = replayDocument(() => sample.stores, SESSION_ID, { output: true, from, now: () => 0 });
      return replayDocumentSchema.parse(await new Response(streamOf(pieces)).json());
    };
    const whole = await document();
    expect((await document({ seq: 51 })).events).toEqual(whole.events.slice(50));
    const rest = await document({ position_ms: 4 });
    expect(rest.output.length).toBeGreaterThan(0);
    expect(rest.output.length).toBeLessThan(whole.output.length);
    expect(rest.output).toEqual(whole.output.filter(({ elapsed_ms }) => elapsed_ms > 4));
    await expect(document({ seq: 1_000_000 })).rejects.toThrow('no event');
  });

  it('is made as it is read', async () => {
    const sample = large();
    const files = openRecordings();
    const pieces = replayDocument(() => sample.stores, SESSION_ID, { output: true, now: () => 0 });
    const reader = streamOf(pieces).getReader();
    for (let piece = 0; piece < 10; piece++) await reader.read();
    expect(openRecordings()).toBeGreaterThan(files);
    await reader.cancel();
    expect(openRecordings()).toBe(files);
    expect(pieces.next().done).toBe(true);
  });

  it('leaves output out, and is valid when there is nothing', async () => {
    const sample = newSample({ recorded: false });
    sample.end(0);
    for (const output of [true, false]) {
      const pieces = replayDocument(() => sample.stores, SESSION_ID, { output, now: () => 0 });
      expect(replayDocumentSchema.parse(await new Response(streamOf(pieces)).json())).toMatchObject({
        events: [],
        output: [],
      });
    }
  });
});
