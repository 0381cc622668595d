// The variables of a plan file as they stand there: a version such as 3.10 or a mode such as 0755 is a text for a program,
// and must not become the number that YAML makes of it.

import { type Document, isAlias, isMap, isScalar, isSeq, type Node } from 'yaml';

/**
 * Puts the text of each unquoted value in the place of what YAML made of it. A null stays one.
 *
 * @param content what the document became
 */
export function keepVariablesAsWritten(document: Document, content: unknown): void {
  const resolved = (node: unknown): unknown => (isAlias(node) ? node.resolve(document) : node);
  const steps = resolved(document.get('steps', true));
  if (!isSeq(steps)) return;
  for (const [index, item] of steps.items.entries()) {
    const step = resolved(item);
    const variables = isMap(step) ? resolved(step.get('env', true)) : undefined;
    if (!isMap(variables)) continue;
    const values = (content as { steps: { env: Record<string, unknown> }[] }).steps[index]!.env;
    for (const { key, value } of variables.items) {
      const written = textOf(resolved(value));
      if (written !== undefined && isScalar(key)) values[String(key.value)] = written;
    }
  }
}

function textOf(node: unknown): string | undefined {
  const isPlain = isScalar(node) && node.type === 'PLAIN' && node.value !== null;
  return isPlain && (node as Node).tag === undefined ? node.source : undefined;
}
