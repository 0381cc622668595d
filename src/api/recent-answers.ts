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
  /** By the clock of `performance.now()`. */
  readonly at: number;
}

/**
 * Middleware for routes whose answers come from the database and from nothing else. Documents with status 200 are kept.
 *
 * @param database gives the connection that the routes read from
 */
export function recentAnswers(database: () => Database): MiddlewareHandler {
  const answers = new Answers();
  return async (c, next) => {
    if (c.req.method !== 'GET' || wantsFresh(c.req.header('Cache-Control'))) return next();
    // Before the question: what is written meanwhile makes the answer an old one.
    answers.keepOnlyOf(database());
    const { url } = c.req;
    const known = answers.get(url);
    if (known !== undefined) return respond(c, known);
    // Taken where it is text: to read it out of a Response costs as much as the question.
    const { json } = c;
    c.json = ((document: object, status?: 200, ...rest: []) => {
      if (status !== 200) return json(document, status, ...rest);
      const answer = { text: JSON.stringify(document), at: performance.now() };
      answers.set(url, answer);
      return respond(c, answer);
    }) as typeof json;
    await next();
  };
}

/** RFC 9111, section 5.2.1.4: with `no-cache` in a request, a kept answer will not do. */
function wantsFresh(cacheControl: string | undefined): boolean {
  return cacheControl !== undefined && /(^|[\s,])no-cache($|[\s,])/i.test(cacheControl);
}

function respond(c: Context, { text }: Answer): Response {
  return c.body(text, 200, { 'Content-Type': 'application/json' });
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
