// One line of garak's own report (`*.report.jsonl`) as the facts that we use of it. Several versions of garak are read: texts
// are plain strings or messages with turns, an eval counts `total` or `total_evaluated`. Whatever else a line holds is passed
// over, and a member of an unexpected type counts as absent: reports outlive the program that wrote them.

/** An output that a detector has looked at; null when it gave no score. */
interface DetectorScores {
  readonly detector: string;
  readonly scores: readonly (number | null)[];
}

export type GarakEntry =
  | { readonly kind: 'setup'; readonly threshold: number | undefined }
  | { readonly kind: 'init'; readonly run: string | undefined; readonly startTime: string | undefined }
  | {
      readonly kind: 'attempt';
      readonly probe: string;
      readonly prompt: string;
      readonly outputs: readonly string[];
      readonly results: readonly DetectorScores[];
    }
  | {
      readonly kind: 'eval';
      readonly probe: string;
      readonly detector: string;
      readonly passed: number;
      readonly failed: number;
      /** Outputs that could not be judged. */
      readonly unjudged: number;
    }
  /** Known, and of no use here: an attempt that was not judged yet, a completion, a digest. */
  | { readonly kind: 'other' };

/** An attempt is written once when it has its outputs, and again with this status when it has been judged. */
const JUDGED = 2;

type Members = Readonly<Record<string, unknown>>;

/** @returns the entry, or why the line is none, as a clause for a sentence */
export function readGarakEntry(line: string): GarakEntry | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return 'is no valid JSON';
  }
  if (!isObject(value)) return 'is no JSON object';
  switch (value['entry_type']) {
    case 'start_run setup':
      return { kind: 'setup', threshold: numberOf(value['run.eval_threshold']) };
    case 'init':
      return { kind: 'init', run: textOf(value['run']), startTime: textOf(value['start_time']) };
    case 'attempt':
      return attemptOf(value);
    case 'eval':
      return evalOf(value);
    default:
      return typeof value['entry_type'] === 'string' ? { kind: 'other' } : 'has no entry_type';
  }
}

function attemptOf(value: Members): GarakEntry | string {
  if (value['status'] !== JUDGED) return { kind: 'other' };
  const probe = textOf(value['probe_classname']);
  if (probe === undefined) return 'is an attempt without probe_classname';
  const outputs = Array.isArray(value['outputs']) ? value['outputs'].map(messageText) : [];
  const results = isObject(value['detector_results']) ? value['detector_results'] : {};
  return {
    kind: 'attempt',
    probe,
    prompt: promptText(value['prompt']),
    outputs,
    results: Object.entries(results).map(([detector, scores]) => ({
      detector,
      scores: Array.isArray(scores) ? scores.map((score) => numberOf(score) ?? null) : [],
    })),
  };
}

function evalOf(value: Members): GarakEntry | string {
  const probe = textOf(value['probe']);
  const detector = textOf(value['detector'])?.replace(/^detector /, '');
  const passed = countOf(value['passed']);
  const total = countOf(value['total_evaluated']) ?? countOf(value['total']);
  const failed = countOf(value['fails']) ?? (total === undefined ? undefined : total - (passed ?? 0));
  if (probe === undefined || detector === undefined) return 'is an eval without probe or detector';
  if (passed === undefined || failed === undefined || failed < 0) return 'is an eval without valid counts';
  return { kind: 'eval', probe, detector, passed, failed, unjudged: countOf(value['nones']) ?? 0 };
}

/** What was said to the model last, of a plain text, a message or a conversation. */
function promptText(prompt: unknown): string {
  if (!isObject(prompt) || !Array.isArray(prompt['turns'])) return messageText(prompt);
  const turns = prompt['turns'].filter(isObject);
  const last = turns.findLast((turn) => turn['role'] === 'user') ?? turns.at(-1);
  return messageText(last?.['content']);
}

function messageText(message: unknown): string {
  return (isObject(message) ? textOf(message['text']) : textOf(message)) ?? '';
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function countOf(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}
