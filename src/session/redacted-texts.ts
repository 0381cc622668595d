// Sessions, events and code blocks without secrets, for what comes in from elsewhere and for what goes out: text that was
// redacted when it was recorded stays as it is, at the cost of one look at it.

import type { CodeBlock, ExtractionEvent, Metadata } from '../model/event.ts';
import type { Session, StateChange } from '../model/session.ts';
import { Redactor } from '../stream/redactor.ts';

/** Redacts one text after another; holds nothing between them. */
export class TextRedactor {
  readonly #redactor = new Redactor();

  text<Text extends string | null>(text: Text): Text {
    return (text === null ? null : this.#redactor.redactText(text)) as Text;
  }

  session<Kind extends Pick<Session, 'agentName' | 'environment' | 'command' | 'argv' | 'cwd'>>(
    session: Kind,
  ): Kind {
    return {
      ...session,
      agentName: this.text(session.agentName),
      environment: this.text(session.environment),
      command: this.text(session.command),
      argv: session.argv === null ? null : this.#redactor.redactArguments(session.argv),
      cwd: this.text(session.cwd),
    };
  }

  stateChange(change: StateChange): StateChange {
    return { ...change, metadata: this.metadata(change.metadata) };
  }

  event<Kind extends ExtractionEvent>(event: Kind): Kind {
    const texts = [event.pattern, event.originalLine, event.matchedValue, ...textsIn(event.metadata)];
    if (this.#isClean(texts)) return event;
    return {
      ...event,
      pattern: this.text(event.pattern),
      originalLine: this.text(event.originalLine),
      matchedValue: this.text(event.matchedValue),
      metadata: this.metadata(event.metadata),
    };
  }

  block<Kind extends CodeBlock>(block: Kind): Kind {
    return { ...block, content: this.text(block.content), context: this.metadata(block.context) };
  }

  /** What is told of an event or a change of state; its names stay. */
  metadata(metadata: Metadata | null): Metadata | null {
    return metadata === null || this.#isClean(textsIn(metadata))
      ? metadata
      : (this.#value(metadata) as Metadata);
  }

  /** Looks at all texts at once; a line end keeps them apart. */
  #isClean(texts: readonly (string | null)[]): boolean {
    const joined = texts.filter((text) => text !== null).join('\n');
    return this.#redactor.redactText(joined) === joined;
  }

  #value(value: unknown): unknown {
    if (typeof value === 'string') return this.text(value);
    if (Array.isArray(value)) return value.map((item) => this.#value(item));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.#value(item)]));
  }
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsIn);
}
