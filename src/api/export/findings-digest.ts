// What was found in a session, put together for a reader: chapters of like events, each different one once with its
// number, in the order in which they first came. Bounded, however long the session was.

import { type EventType, RISK_LEVELS, type StoredEvent } from '../../model/event.ts';

/** Different entries that a chapter holds; what comes after them is counted. */
const MOST_ENTRIES = 200;

interface DigestEntry {
  /** The first of them, or of the riskiest. */
  event: StoredEvent;
  readonly text: string;
  /** How often it came; that several patterns found it in one line is once. */
  count: number;
  lastLine: number | null;
}

export interface Chapter {
  readonly title: string;
  readonly entries: Map<string, DigestEntry>;
  /** Events that belong here, and those of them that no entry stands for. */
  events: number;
  unlisted: number;
}

interface ChapterRule {
  readonly title: string;
  takes(event: StoredEvent): boolean;
  /** What a reader wants to see of it. */
  text(event: StoredEvent): string;
}

const RISKY = new Set(['high', 'critical']);
const line = (event: StoredEvent): string =>
  event.originalLine?.trim() || (event.matchedValue ?? event.pattern);
const value = (event: StoredEvent): string => event.matchedValue ?? line(event);
const ofType = (
  title: string,
  types: readonly EventType[],
  text: (event: StoredEvent) => string,
): ChapterRule => ({
  title,
  takes: (event) => types.includes(event.eventType),
  text,
});

const RULES: readonly ChapterRule[] = [
  ofType('What failed', ['error', 'stack_trace'], (event) =>
    event.eventType === 'stack_trace' ? value(event) : line(event),
  ),
  {
    title: 'Risky',
    takes: ({ riskLevel, eventType }) =>
      riskLevel !== null && RISKY.has(riskLevel) && !['error', 'stack_trace'].includes(eventType),
    text: line,
  },
  // What makes a command risky is only a part of it.
  ofType('Commands', ['command'], (event) =>
    event.riskLevel !== null && RISKY.has(event.riskLevel) ? line(event) : value(event).trim(),
  ),
  ofType('Files changed', ['file_change'], line),
  ofType('Tests', ['test_result'], line),
  ofType('Questions', ['confirmation'], line),
  ofType('Git', ['git'], line),
  ofType('Usage and cost', ['usage', 'rate_limit'], line),
  ofType('Warnings', ['warning'], line),
];

export class FindingsDigest {
  readonly chapters: readonly Chapter[] = RULES.map(({ title }) => ({
    title,
    entries: new Map(),
    events: 0,
    unlisted: 0,
  }));
  readonly byType = new Map<EventType, number>();
  readonly byRisk = new Map<string, number>();
  total = 0;

  add(event: StoredEvent): void {
    this.total++;
    const risk = event.riskLevel ?? 'none';
    this.byType.set(event.eventType, (this.byType.get(event.eventType) ?? 0) + 1);
    this.byRisk.set(risk, (this.byRisk.get(risk) ?? 0) + 1);
    for (const [index, rule] of RULES.entries()) {
      if (rule.takes(event)) note(this.chapters[index]!, event, rule.text(event));
    }
  }
}

function note(chapter: Chapter, event: StoredEvent, text: string): void {
  chapter.events++;
  // A stack trace says more than the error line of the same text.
  const key = `${event.eventType === 'stack_trace' ? 'trace' : ''}\0${text}`;
  const known = chapter.entries.get(key);
  if (known === undefined) {
    if (chapter.entries.size === MOST_ENTRIES) chapter.unlisted++;
    else chapter.entries.set(key, { event, text, count: 1, lastLine: event.lineNumber });
    return;
  }
  if (event.lineNumber === null || event.lineNumber !== known.lastLine) known.count++;
  known.lastLine = event.lineNumber;
  if (riskOf(event) > riskOf(known.event)) known.event = event;
}

function riskOf({ riskLevel }: StoredEvent): number {
  return riskLevel === null ? -1 : RISK_LEVELS.indexOf(riskLevel);
}
