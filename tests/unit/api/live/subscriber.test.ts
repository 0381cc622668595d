// One who watches gets each event once and in order, whatever comes from the database, from the recorder, late or twice;
// and one who is too slow is told what it missed.

import fc from 'fast-check';
import { afterEach, expect, it } from 'vitest';
import { formatCursor, parseCursor } from '../../../../src/api/live/cursor.ts';
import { type Entry, Feed } from '../../../../src/api/live/feed.ts';
import { Feeds } from '../../../../src/api/live/feeds.ts';
import { EVERYTHING } from '../../../../src/api/live/filter.ts';
import { LiveHistory } from '../../../../src/api/live/history.ts';
import type { Outlet } from '../../../../src/api/live/outlet.ts';
import { SLOW_ABOVE, Subscriber, type SubscriberHost } from '../../../../src/api/live/subscriber.ts';
import { type Database, openDatabase } from '../../../../src/data/database.ts';
import { ExtractionStore } from '../../../../src/data/extraction-store.ts';
import { SessionStore } from '../../../../src/data/session-store.ts';
import { sessionDocument } from '../../../../src/model/documents.ts';
import { sampleEvent, sampleSession } from '../../data/samples.ts';

const ID = 'sess_0123456789ab';
const databases: Database[] = [];

afterEach(() => {
  for (const database of databases.splice(0)) database.close();
});

/** What a subscriber needs of a hub that knows all sessions up to a row. */
function hostOf(history: LiveHistory, rowId: number): SubscriberHost {
  return {
    history,
    rowId,
    synced: () => Promise.resolve(),
    watch: () => Promise.resolve(),
    failed: (_subscriber, error) => {
      throw error;
    },
  };
}

/** A database with one session, and what a hub does with it. */
function world() {
  const database = openDatabase(':memory:');
  databases.push(database);
  const extractions = new ExtractionStore(database);
  const sessions = new SessionStore(database);
  sessions.createSession(sampleSession({ sessionId: ID }));
  const stored = sessions.getSession(ID)!;
  const feed = new Feed(sessionDocument(stored));
  feed.rowId = stored.id;
  const host = hostOf(new LiveHistory({ database, extractions, sessions }), stored.id);
  const store = (from: number, to: number): void => {
    const events = Array.from({ length: to - from + 1 }, (_, index) => sampleEvent(from + index));
    extractions.saveExtractionBatch(events);
    feed.stored(to, to, null);
  };
  return { feed, host, store };
}

class Collected implements Outlet {
  readonly messages: { type: string; seq?: number; from_seq?: number; to_seq?: number }[] = [];
  buffered = 0;
  closed = false;
  send(json: Buffer): void {
    this.messages.push(JSON.parse(json.toString()) as { type: string });
  }
  close(): void {
    this.closed = true;
  }
  get seqs(): number[] {
    return this.messages.filter(({ type }) => type === 'event').map(({ seq }) => seq!);
  }
}

function entry(seq: number): Entry {
  return {
    seq,
    eventType: 'error',
    json: Buffer.from(JSON.stringify({ type: 'event', session_id: ID, seq })),
  };
}

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
};

it('joins what is stored, what is not stored yet and what is live', async () => {
  const { feed, host, store } = world();
  store(1, 1200);
  for (let seq = 1190; seq <= 1210; seq++) feed.add(entry(seq));
  const outlet = new Collected();
  const subscriber = new Subscriber(outlet, host);
  subscriber.subscribe(EVERYTHING, [[feed, 3]], host.rowId);
  await turns();
  const fresh = [entry(1211), entry(1212)].filter((one) => feed.add(one));
  subscriber.offer({ feed, entries: fresh, states: [] });
  expect(outlet.seqs).toEqual(Array.from({ length: 1209 }, (_, index) => index + 4));
  const live = outlet.messages.findIndex(({ type }) => type === 'live');
  expect(outlet.messages[live - 1]?.seq).toBe(1210);
  expect(parseCursor(subscriber.cursor())?.positions.get(ID)).toBe(1212);
});

it('reads what a recorder left out from the database, and tells what nobody has', async () => {
  const { feed, host, store } = world();
  const outlet = new Collected();
  const subscriber = new Subscriber(outlet, host);
  subscriber.subscribe(EVERYTHING, [[feed, 0]], host.rowId);
  await turns();
  const offer = (...seqs: number[]): void => {
    const entries = seqs.map(entry).filter((one) => feed.add(one));
    subscriber.offer({ feed, entries, states: [] });
  };
  offer(1, 2);
  store(1, 50);
  offer(51);
  await turns();
  expect(outlet.seqs).toEqual(Array.from({ length: 51 }, (_, index) => index + 1));
  offer(61);
  await turns();
  expect(outlet.messages.at(-2)).toMatchObject({ type: 'gap', from_seq: 52, to_seq: 60, count: 9 });
  expect(outlet.seqs.at(-1)).toBe(61);
});

it('tells a slow reader what it missed, and goes on', async () => {
  const { feed, host } = world();
  const outlet = new Collected();
  const subscriber = new Subscriber(outlet, host);
  subscriber.subscribe(EVERYTHING, [[feed, 0]], host.rowId);
  await turns();
  const offer = (seq: number): void => {
    feed.add(entry(seq));
    subscriber.offer({ feed, entries: [entry(seq)], states: [] });
  };
  offer(1);
  outlet.buffered = SLOW_ABOVE + 1;
  offer(2);
  for (let seq = 3; seq <= 40; seq++) offer(seq);
  expect(outlet.seqs).toEqual([1, 2]);
  subscriber.drained();
  expect(outlet.seqs).toEqual([1, 2]);
  outlet.buffered = 0;
  subscriber.drained();
  expect(outlet.messages.at(-1)).toEqual({ type: 'gap', session_id: ID, from_seq: 3, to_seq: 40, count: 38 });
  offer(41);
  expect(outlet.seqs).toEqual([1, 2, 41]);
});

it('waits for a reader that is slower than the past', async () => {
  const { feed, host, store } = world();
  store(1, 2000);
  const outlet = new Collected();
  const subscriber = new Subscriber(outlet, host);
  subscriber.subscribe(EVERYTHING, [[feed, 0]], host.rowId);
  await new Promise((resolve) => setImmediate(resolve));
  outlet.buffered = SLOW_ABOVE;
  await turns();
  const before = outlet.seqs.length;
  expect(before).toBeLessThan(2000);
  await turns();
  expect(outlet.seqs.length).toBe(before);
  outlet.buffered = 0;
  subscriber.drained();
  await turns();
  expect(outlet.seqs).toEqual(Array.from({ length: 2000 }, (_, index) => index + 1));
  expect(outlet.messages.some(({ type }) => type === 'gap')).toBe(false);
});

it('sends each event once, however it is stored, repeated and offered', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ add: fc.nat(30), repeat: fc.nat(10), store: fc.boolean(), wait: fc.boolean() }), {
        minLength: 1,
        maxLength: 12,
      }),
      async (steps) => {
        const { feed, host, store } = world();
        const outlet = new Collected();
        const subscriber = new Subscriber(outlet, host);
        subscriber.subscribe(EVERYTHING, [[feed, 0]], host.rowId);
        let [last, stored] = [0, 0];
        for (const step of steps) {
          const from = Math.max(1, last + 1 - step.repeat);
          last += step.add;
          const entries: Entry[] = [];
          for (let seq = from; seq <= last; seq++) if (feed.add(entry(seq))) entries.push(entry(seq));
          subscriber.offer({ feed, entries, states: [] });
          if (step.store && last > stored) {
            store(stored + 1, last);
            stored = last;
            subscriber.look(feed);
          }
          if (step.wait) await turns();
        }
        await turns();
        expect(outlet.seqs).toEqual(Array.from({ length: last }, (_, index) => index + 1));
      },
    ),
    { numRuns: 60 },
  );
});

it('reads the cursors that it writes, and no others', () => {
  const cursor = { rowId: 42, positions: new Map([[ID, 17]]) };
  expect(parseCursor(formatCursor(cursor))).toEqual(cursor);
  expect(parseCursor('v1;0')).toEqual({ rowId: 0, positions: new Map() });
  for (const text of [
    '',
    'v2;1',
    'v1',
    'v1;-1',
    'v1;1;sess_:1',
    `v1;1;${ID}`,
    `v1;1;${ID}:x`,
    `v1;1;${ID}:1;`,
  ])
    expect(parseCursor(text)).toBeUndefined();
});

it('comes back to a long past at any message with a short cursor, and gets every event once', async () => {
  const database = openDatabase(':memory:');
  databases.push(database);
  const extractions = new ExtractionStore(database);
  const sessions = new SessionStore(database);
  const idOf = (number: number): string => `sess_${String(number).padStart(12, '0')}`;
  const expected: string[] = [];
  for (let number = 1; number <= 700; number++) {
    sessions.createSession(sampleSession({ sessionId: idOf(number) }));
    const count = number === 350 ? 1300 : number % 4;
    extractions.saveExtractionBatch(
      Array.from({ length: count }, (_, at) => sampleEvent(at + 1, { sessionId: idOf(number) })),
    );
    for (let seq = 1; seq <= count; seq++) expected.push(`${idOf(number)}:${seq}`);
    // Three of them run on, one old, one in the middle, one new.
    if (number % 300 === 50) continue;
    sessions.completeSession(idOf(number), {
      state: 'completed',
      exitCode: 0,
      endedAt: '2026-02-10T11:00:00.000Z',
      stats: { totalLines: 1, totalExtractions: count },
    });
  }
  const history = new LiveHistory({ database, extractions, sessions });
  let random = 7;
  const upTo = (most: number): number => {
    random = (Math.imul(random, 1103515245) + 12345) >>> 0;
    return 1 + ((random >>> 8) % most);
  };
  const seen: string[] = [];
  let cursor = 'v1;0';
  for (let live = false; !live; ) {
    const feeds = new Feeds(history, { onNew: () => {}, onStored: () => {}, onOver: () => {} });
    history.forget();
    feeds.look();
    // Often it gets hardly anything: then the cursor must not grow from one time to the next.
    let left = upTo(upTo(3) === 1 ? 900 : 3);
    const outlet: Outlet = {
      buffered: 0,
      send(json, place) {
        if (left-- <= 0) return;
        const message = JSON.parse(json.toString()) as { type: string; session_id: string; seq: number };
        if (message.type === 'event') seen.push(`${message.session_id}:${message.seq}`);
        live = message.type === 'live';
        cursor = place.cursor();
        expect(cursor.length).toBeLessThan(200);
      },
      close() {},
    };
    const host = hostOf(history, feeds.rowId);
    const subscriber = new Subscriber(outlet, host);
    const beginning = parseCursor(cursor)!;
    subscriber.subscribe(EVERYTHING, feeds.beginningAt({ ...beginning, unnamed: 'start' }), beginning.rowId);
    while (left > 0 && !live) await turns();
    subscriber.close();
  }
  expect(seen.sort()).toEqual(expected.sort());
});

it('does not go back behind its cursor for a session that had printed nothing', async () => {
  const database = openDatabase(':memory:');
  databases.push(database);
  const extractions = new ExtractionStore(database);
  const sessions = new SessionStore(database);
  const ids = ['sess_00000000000a', 'sess_00000000000b', 'sess_00000000000c'];
  for (const sessionId of ids) {
    sessions.createSession(sampleSession({ sessionId }));
    extractions.saveExtractionBatch([sampleEvent(1, { sessionId })]);
    sessions.completeSession(sessionId, {
      state: 'completed',
      exitCode: 0,
      endedAt: '2026-02-10T11:00:00.000Z',
      stats: { totalLines: 1, totalExtractions: 1 },
    });
  }
  const history = new LiveHistory({ database, extractions, sessions });
  const feeds = new Feeds(history, { onNew: () => {}, onStored: () => {}, onOver: () => {} });
  feeds.look();
  const cursors: string[] = [];
  const seen: string[] = [];
  const outlet: Outlet = {
    buffered: 0,
    send(json, place) {
      cursors.push(place.cursor());
      const { type, session_id } = JSON.parse(json.toString()) as { type: string; session_id: string };
      if (type === 'event') seen.push(session_id);
    },
    close() {},
  };
  const host = hostOf(history, feeds.rowId);
  const subscriber = new Subscriber(outlet, host);
  const beginning = parseCursor(`v1;3;${ids[0]}:0;${ids[1]}:0`)!;
  subscriber.subscribe(EVERYTHING, feeds.beginningAt({ ...beginning, unnamed: 'start' }), beginning.rowId);
  await turns();
  expect(seen).toEqual([ids[0], ids[1]]);
  expect(cursors.map((cursor) => parseCursor(cursor)!.rowId)).toEqual(cursors.map(() => 3));
});
