// The output of several steps as one text: no byte is lost or changed, and no line is cut by another's.

import { Writable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StepOutput } from '../../../src/runs/step-output.ts';

function collecting(highWaterMark?: number) {
  const chunks: Buffer[] = [];
  const target = new Writable({
    ...(highWaterMark === undefined ? {} : { highWaterMark }),
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      setImmediate(done);
    },
  });
  const text = async (): Promise<Buffer> => {
    await new Promise<void>((resolve) => target.end(resolve));
    return Buffer.concat(chunks);
  };
  return { target, text };
}

describe('the output of steps', () => {
  it('has whole lines with the name before each, whatever the pieces', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.boolean(), fc.uint8Array({ maxLength: 20 }))), async (pieces) => {
        const { target, text } = collecting();
        const output = new StepOutput(['a', 'bcd']);
        const sinks = { a: output.sink('a', target), bcd: output.sink('bcd', target) };
        const given = { a: Buffer.alloc(0), bcd: Buffer.alloc(0) };
        for (const [first, bytes] of pieces) {
          const name = first ? 'a' : 'bcd';
          sinks[name].write(Buffer.from(bytes), () => {});
          given[name] = Buffer.concat([given[name], bytes]);
        }
        for (const sink of Object.values(sinks)) sink.end();
        const lines = (await text()).toString('latin1').split('\n').slice(0, -1);
        for (const name of ['a', 'bcd'] as const) {
          const prefix = Buffer.from(`${name.padEnd(3)} │ `).toString('latin1');
          const found = lines
            .filter((line) => line.startsWith(prefix))
            .map((line) => line.slice(prefix.length));
          const wanted = given[name].toString('latin1').split('\n');
          expect(found).toEqual(wanted.at(-1) === '' ? wanted.slice(0, -1) : wanted);
        }
      }),
    );
  });

  it('makes a writer wait for a slow reader, and cuts a line without an end', async () => {
    const { target, text } = collecting(16);
    const sink = new StepOutput(['a']).sink('a', target);
    const drained = new Promise<void>((resolve) => {
      expect(sink.write(Buffer.from('0123456789abcdef\n'), resolve)).toBe(false);
    });
    await drained;
    sink.write(Buffer.alloc(70_000, 'x'), () => {});
    const lines = (await text()).toString().split('\n');
    expect(lines.map((line) => line.length)).toEqual([20, 70_004, 0]);
  });

  it('goes nowhere once nobody reads it', () => {
    const { target } = collecting();
    target.on('error', () => {});
    const sink = new StepOutput(['a']).sink('a', target);
    target.destroy(new Error('gone'));
    target.emit('error', new Error('gone'));
    expect(sink.write(Buffer.from('x\n'), () => {})).toBe(true);
    sink.end();
  });

  it('lets a writer go on that waits for a reader who has left', async () => {
    const { target } = collecting(16);
    const sink = new StepOutput(['a']).sink('a', target);
    const wentOn = new Promise<void>((resolve) => {
      expect(sink.write(Buffer.from('0123456789abcdef\n'), resolve)).toBe(false);
    });
    target.destroy(new Error('gone'));
    await wentOn;
  });

  it('is listened to once, however many steps there are', async () => {
    const { target, text } = collecting();
    const own = target.listenerCount('error') + target.listenerCount('drain');
    const names = Array.from({ length: 64 }, (_, index) => `s${index}`);
    const output = new StepOutput(names);
    for (const name of names) output.sink(name, target).write(Buffer.from('x\n'), () => {});
    expect(target.listenerCount('error') + target.listenerCount('drain')).toBe(own + 2);
    expect((await text()).toString().split('\n')).toHaveLength(65);
  });
});
