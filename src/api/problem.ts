// Every error answer of the server is an RFC 9457 problem document, made here. A client acts on `code`, a person reads
// `detail`. Neither tells paths, SQL or stacks.

import { type ErrorCode, messageOf, WrapperError } from '../model/errors.ts';
import { PROBLEMS, type ProblemCode } from '../model/problem.ts';
import type { RunRecord } from '../model/run.ts';
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
  /** The run that took place although it could not be stored. */
  readonly run?: RunRecord | undefined;
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

/** What went wrong with a file or the machine: its path is for the log of whoever runs the server, and nobody else. */
const ABOUT_FILES: readonly ErrorCode[] = [
  'database_foreign',
  'database_newer',
  'database_damaged',
  'database_locked',
  'storage_unavailable',
  'port_in_use',
  'address_unusable',
  'already_served',
  'run_not_stored',
];

/** What was thrown, as a problem. `report` is told of what the answer keeps to itself: files, and bugs of ours. */
export function problemOf(error: unknown, report: (error: unknown) => void): ApiProblem {
  if (error instanceof ApiProblem) return error;
  if (error instanceof WrapperError && error.code !== 'internal') {
    if (!ABOUT_FILES.includes(error.code))
      return new ApiProblem(error.code, error.message, { hint: error.hint });
    report(error);
    return new ApiProblem(error.code, PROBLEMS[error.code].title, { hint: SERVER_HINT });
  }
  report(error);
  return new ApiProblem('internal', 'The server failed to answer', { hint: SERVER_HINT });
}

/** What to do where whoever met the problem does not say it. */
const HINTS: Partial<Record<ProblemCode, string>> = {
  session_unknown: '/api/query/sessions lists the sessions.',
};

const SERVER_HINT = 'wrapper serve --verbose says more on its stderr.';

/** The document of a problem. */
export function problemDocument(problem: ApiProblem, requestId: string): ProblemDocument {
  const { status, title } = PROBLEMS[problem.code];
  const { hint = HINTS[problem.code], issues, run } = problem.details;
  return {
    type: `urn:wrapper:problem:${problem.code}`,
    title,
    status,
    detail: problem.message,
    code: problem.code,
    request_id: requestId,
    ...(hint === undefined ? {} : { hint }),
    ...(run === undefined ? {} : { run: run as ProblemDocument['run'] }),
    ...(issues === undefined ? {} : { issues: issues.map(({ path, message }) => ({ path, message })) }),
  };
}

/** For the log: what was thrown, in one line. */
export function describeFailure(error: unknown): string {
  if (error instanceof WrapperError && error.code !== 'internal') return `failed: ${error.message}`;
  const text = error instanceof Error ? (error.stack ?? error.message) : messageOf(error);
  return `bug: ${text.replaceAll('\n', ' ')}`;
}
