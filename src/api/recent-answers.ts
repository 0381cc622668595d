// Dashboards ask the same questions over and over, and ten of them ask at once. An answer is kept while nothing has been
// written to the database, so whoever asks again gets what the database would say, without it being asked.

import type { Context, MiddlewareHandler } from 'hono';
import type { Database } from '../data/database.ts';

/** Some answers depend on the clock ("the last 7 days"): none is older than this, in milliseconds. */
const LONGEST_MS = 1000;
/** Characters of one answer that is kept, and of all together. */
const LONGEST_ANSWER = 512 * 1024;
const LONGEST_TOGETHER = 4 * 1024 * 1024;

interface Answer {
  readonly text: string;
  readonly contentType: string;
  /** By the clock of `performance.now()`. */
  readonly at: number;
}

/**
 * Middleware for routes whose answers come from the database and from nothing else.
 *
 * @param database gives the connection that the routes read from
 */
export function recentAnswers(database: () => Database): MiddlewareHandler {
  const answers = new Answers();
  return async (c, next) => {
    if (c.req.method !== 'GET') return next();
    // Before the question: what is written meanwhile makes the answer an old one.
    answers.keepOnlyOf(database());
    const { url } = c.req;
    const known = answers.get(url);
    if (known !== undefined) return respond(c, known);
    await next();
    if (c.res.status !== 200) return;
    const contentType = c.res.headers.get('Content-Type') ?? '';
    const answer = { text: await c.res.text(), contentType, at: performance.now() };
    answers.set(url, answer);
    c.res = undefined;
    c.res = respond(c, answer);
  };
}

function respond(c: Context, { text, contentType }: Answer): Response {
  return c.body(text, 200, { 'Content-Type': contentType });
}

class Answers {
  readonly #answers = new Map<string, Answer>();
  #database: Database | undefined;
  #version = -1;
  #length = 0;

  /** Forgets everything when the database is another one, or has changed. */
  keepOnlyOf(database: Database): void {
    const version = database.dataVersion();
    if (database === this.#database && version === this.#version) return;
    this.#database = database;
    this.#version = version;
    this.#answers.clear();
    this.#length = 0;
  }

  get(url: string): Answer | undefined {
    const answer = this.#answers.get(url);
    if (answer === undefined || performance.now() - answer.at <= LONGEST_MS) return answer;
    this.#delete(url, answer);
    return undefined;
  }

  set(url: string, answer: Answer): void {
    if (answer.text.length > LONGEST_ANSWER) return;
    const before = this.#answers.get(url);
    if (before !== undefined) this.#delete(url, before);
    this.#answers.set(url, answer);
    this.#length += answer.text.length;
    for (const [oldest, { text }] of this.#answers) {
      if (this.#length <= LONGEST_TOGETHER) return;
      this.#delete(oldest, { text });
    }
  }

  #delete(url: string, { text }: Pick<Answer, 'text'>): void {
    this.#answers.delete(url);
    this.#length -= text.length;
  }
}
