// Every error answer of the server is an RFC 9457 problem document, made here. A client acts on `code`, a person reads
// `detail`. Neither tells paths, SQL or stacks.

import { messageOf, WrapperError } from '../model/errors.ts';
import { PROBLEMS, type ProblemCode } from '../model/problem.ts';
import type { ProblemDocument } from '../model/wire-problem.ts';

export const PROBLEM_TYPE = 'application/problem+json';

/** What is wrong with one parameter or member of a body. */
export interface Issue {
  /** Where: `limit`, `where.and.0.op`. */
  readonly path: string;
  readonly message: string;
}

export interface ProblemDetails {
  readonly hint?: string | undefined;
  readonly issues?: readonly Issue[] | undefined;
  /** Header lines that belong to the answer: `Allow`, `Retry-After`, `WWW-Authenticate`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** An answer that is an error; thrown by routes, caught in one place. */
export class ApiProblem extends Error {
  readonly code: ProblemCode;
  readonly details: ProblemDetails;

  /** @param detail one sentence about this occurrence, for a person */
  constructor(code: ProblemCode, detail: string, details: ProblemDetails = {}) {
    super(detail);
    this.name = 'ApiProblem';
    this.code = code;
    this.details = details;
  }

  get status(): number {
    return PROBLEMS[this.code].status;
  }

  get headers(): Readonly<Record<string, string>> {
    const { status } = this;
    if (status === 401) return { 'WWW-Authenticate': 'Bearer realm="wrapper"', ...this.details.headers };
    if (status === 503 || status === 429) return { 'Retry-After': '1', ...this.details.headers };
    return this.details.headers ?? {};
  }
}

/** What was thrown, as a problem. A bug of ours is one, too; `onBug` is told what it was. */
export function problemOf(error: unknown, onBug: (error: unknown) => void): ApiProblem {
  if (error instanceof ApiProblem) return error;
  if (error instanceof WrapperError && error.code !== 'internal') {
    // What went wrong with a file is for whoever owns the server, in its log; its path is nobody else's business.
    const { status, title } = PROBLEMS[error.code];
    const detail = status < 500 ? error.message : title;
    return new ApiProblem(error.code, detail, { hint: status < 500 ? error.hint : SERVER_HINT });
  }
  onBug(error);
  return new ApiProblem('internal', 'The server failed to answer', { hint: SERVER_HINT });
}

const SERVER_HINT = 'wrapper serve --verbose says more on its stderr.';

/** The document of a problem. */
export function problemDocument(problem: ApiProblem, requestId: string): ProblemDocument {
  const { status, title } = PROBLEMS[problem.code];
  const { hint, issues } = problem.details;
  return {
    type: `urn:wrapper:problem:${problem.code}`,
    title,
    status,
    detail: problem.message,
    code: problem.code,
    request_id: requestId,
    ...(hint === undefined ? {} : { hint }),
    ...(issues === undefined ? {} : { issues: issues.map(({ path, message }) => ({ path, message })) }),
  };
}

/** For the log: what was thrown, in one line. */
export function describeBug(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message).replaceAll('\n', ' ') : messageOf(error);
}
