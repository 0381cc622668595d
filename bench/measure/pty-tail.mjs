// The last 64 KiB before the exit, on a PTY: every run must bring every byte.

import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, wrapper } from '../harness.mjs';

const SIZE = 64 * 1024;

export async function ptyTail({ scratch, tailRuns, workload }) {
  const file = join(scratch, 'tail.txt');
  const source = readFileSync(workload('plain').file).subarray(0, SIZE);
  writeFileSync(file, source);
  // The terminal turns \n into \r\n; nothing else may differ.
  const expected = Buffer.from(source.toString('latin1').replaceAll('\n', '\r\n'), 'latin1');
  const digest = sha256(expected);
  let lost = 0;
  let wrong = 0;
  for (let round = 0; round < tailRuns; round++) {
    const chunks = [];
    await run(wrapper('--pty', '--enable-db', 'bench', '--', 'cat', file), {
      scratch,
      stdout: (chunk) => chunks.push(chunk),
    });
    const got = Buffer.concat(chunks);
    lost += Math.max(0, expected.length - got.length);
    if (sha256(got) !== digest) wrong++;
  }
  return [
    {
      what: `PTY mode, 64 KiB right before exit, ${tailRuns} runs`,
      ours: `${lost} bytes lost, ${wrong} runs with a difference`,
      reference: 'the file that was printed',
      judged: lost + wrong,
      budget: { most: 0, text: '0 bytes lost in 1000' },
    },
  ];
}

function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}
