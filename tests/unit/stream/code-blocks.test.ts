import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CodeBlockTracker, FENCE_STARTS } from '../../../src/stream/code-blocks.ts';
import { isParseable } from '../../../src/stream/parseable.ts';

const STARTS = FENCE_STARTS.map((source) => new RegExp(source));

function blocks(text: string) {
  const tracker = new CodeBlockTracker();
  const found = text.split('\n').flatMap((line, index) => {
    if (!tracker.open && !STARTS.some((start) => start.test(line))) return [];
    const block = tracker.feed({ text: line, number: index + 1, elapsedMs: index });
    return block === undefined ? [] : [block.block];
  });
  const last = tracker.end();
  return last === undefined ? found : [...found, last.block];
}

function brief(text: string) {
  return blocks(text).map(({ language, content, lineStart, lineEnd }) => [
    language,
    content,
    lineStart,
    lineEnd,
  ]);
}

describe('CodeBlockTracker', () => {
  it('reports language, lines, content and digest', () => {
    expect(blocks('see\n```json\n{"a": 1}\n```\ndone')).toEqual([
      {
        language: 'json',
        content: '{"a": 1}',
        lineStart: 2,
        lineEnd: 4,
        parseable: true,
        digest: createHash('sha256').update('{"a": 1}').digest('hex'),
        context: null,
      },
    ]);
  });

  it('ends a block only at a fence of the same character that is as long', () => {
    expect(brief('````md\n```js\nx\n```\n~~~\n````')).toEqual([['md', '```js\nx\n```\n~~~', 1, 6]]);
    expect(brief('~~~py\n```\n~~~~\n')).toEqual([['py', '```', 1, 3]]);
    expect(brief('```\n``` js\n```')).toEqual([[null, '``` js', 1, 3]]);
  });

  it.each([
    ['```Python', 'python'],
    ['```{.python .numberLines}', 'python'],
    ['```{r setup, echo=FALSE}', 'r'],
    ['```python title="x"', 'python'],
    ['```rust,ignore', 'rust'],
    ['```js{1,3}', 'js'],
    ['```c++', 'c++'],
    ['``` sh ', 'sh'],
    ['~~~python', 'python'],
    ['~~~ js', 'js'],
    ['~~~~ c++', 'c++'],
    ['```12:20:src/a.ts', null],
    ['```', null],
  ])('takes the language from %s', (fence, language) => {
    const closing = fence.startsWith('~') ? '~~~~' : '```';
    expect(blocks(`${fence}\nx\n${closing}`)[0]?.language).toBe(language);
  });

  it('removes what stands before the fences', () => {
    expect(brief('  - item\n      ```sh\n      ls\n        -l\n      ```')).toEqual([
      ['sh', 'ls\n  -l', 2, 5],
    ]);
    expect(brief('> ```\n> a\n>\n> b\n> ```')).toEqual([[null, 'a\n\nb', 1, 5]]);
    expect(brief('│ ```ts\n│ let a;\n│ ```')).toEqual([['ts', 'let a;', 1, 3]]);
  });

  it.each([
    'inline ``` code ``` here',
    '``` a `b` c',
    `${' '.repeat(13)}\`\`\`js`,
    '    ~~~~~~~~',
    '~~~~~~~~~~~~~~',
    '  ~~~',
    '~~~~^~~~~',
    '~~~ Preparing working directory',
    '~~~ Running',
    '~~~ running tests',
    '~~~ :docker: build',
  ])('takes %s for no fence', (line) => {
    expect(blocks(`${line}\nx`)).toEqual([]);
  });

  it('reports an open block at the end', () => {
    expect(blocks('```js\nlet a = 1;')).toEqual([
      expect.objectContaining({ lineStart: 1, lineEnd: 2, parseable: null, context: { unterminated: true } }),
    ]);
    expect(blocks('```')).toEqual([expect.objectContaining({ content: '', lineEnd: 1 })]);
  });

  it('keeps at most 256 KiB of a block, and lets patterns see what follows', () => {
    const tracker = new CodeBlockTracker();
    tracker.feed({ text: '```', number: 1, elapsedMs: 0 });
    for (let number = 2; number < 10_000; number++) {
      tracker.feed({ text: 'ä'.repeat(50), number, elapsedMs: 0 });
    }
    expect(tracker.quiet).toBe(false);
    const block = tracker.feed({ text: '```', number: 10_000, elapsedMs: 0 })!.block;
    expect(block.lineEnd).toBe(10_000);
    expect(block.context).toEqual({ truncated: true });
    expect(Buffer.byteLength(block.content)).toBeLessThanOrEqual(256 * 1024);
    expect(Buffer.byteLength(block.content)).toBeGreaterThan(256 * 1024 - 200);
  });

  it('knows the right edge of a box, and that a block ends with its box', () => {
    const boxed = ['│ ```ts       │', '│ const a = 1 │', '│ ```         │'];
    expect(brief(boxed.join('\n'))).toEqual([['ts', 'const a = 1', 1, 3]]);
    const cut = ['│ ```ts       │', '│ const a = 1 │', '╰─────────────╯', 'after'];
    expect(brief(cut.join('\n'))).toEqual([['ts', 'const a = 1', 1, 2]]);
  });

  it('gives back any content that has no fence in it', () => {
    const line = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => !/[`~\n\r]/.test(text));
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 10 }), fc.nat({ max: 12 }), (lines, indent) => {
        const pad = ' '.repeat(indent);
        const text = [`${pad}\`\`\`x`, ...lines.map((content) => pad + content), `${pad}\`\`\``].join('\n');
        expect(brief(text)).toEqual([['x', lines.join('\n'), 1, lines.length + 2]]);
      }),
    );
  });
});

describe('isParseable', () => {
  it.each<[string | null, string, boolean | null]>([
    ['json', '{"a": [1, 2, {"b": null}]}', true],
    ['json', '{"a": 1,}', false],
    ['json', '// comment\n{"a": 1}', false],
    ['json', '{\n  "a": 1,\n  ...\n}', null],
    ['json', '{"dots": "..."}', true],
    ['jsonl', '{"a":1}\n{"b":2}\n', true],
    ['jsonl', '{"a":1}\n{"b":', false],
    ['js', 'const a = <b>text</b>;', true],
    ['javascript', 'await x();\nreturn 1;', true],
    ['js', 'import a from "b";\nexport default a;', true],
    ['js', 'function f( {', false],
    ['js', 'foo();\n...\nbar();', null],
    ['js', 'const all = [...a, ...b];', true],
    ['ts', 'const a = <T,>(x: T): x is T => true;\ntype B = { readonly c?: string };', true],
    ['ts', '@dec class A { constructor(private readonly x: number) {} }', true],
    ['ts', 'let a: = 1', false],
    ['tsx', 'const A: FC = () => <div className="x">;', false],
    ['tsx', 'const A: FC<P> = ({ a }) => <div {...a}>x</div>;', true],
    ['ts', '@@ -1,2 +1,2 @@\n-a\n+b', null],
    ['python', 'def f(:', null],
    [null, '{}', null],
    ['json', '  \n', null],
  ])('%s: %s', (language, content, expected) => {
    expect(isParseable(language, content)).toBe(expected);
  });

  it('does not judge what is nested too deep for the parser', () => {
    expect(isParseable('js', '('.repeat(100_000))).not.toBe(true);
  });
});
