import { describe, expect, it } from 'vitest';
import type { ControlAction, ControlRequest } from '../../../src/model/control.ts';
import { RememberedOutcomes } from '../../../src/session/remembered-outcomes.ts';

function outcomes() {
  const executed: ControlRequest[] = [];
  const remembered = new RememberedOutcomes(async (request) => {
    executed.push(request);
    return { ok: true, result: { number: executed.length } };
  });
  const ask = (request_id: string, action: ControlAction) =>
    remembered.once({ request_id, action, by: 'test', reason: null });
  return { executed, ask };
}

const LONG = 'an-id-that-is-unique-1';

describe('a request', () => {
  it('that is repeated gets the first outcome', async () => {
    const { executed, ask } = outcomes();
    const input = { command: 'send_input', text: 'yes', enter: true } as const;
    const first = await ask(LONG, input);
    expect(await ask(LONG, { enter: true, text: 'yes', command: 'send_input' })).toEqual(first);
    expect(executed).toHaveLength(1);
  });

  it.each<ControlAction>([
    { command: 'resume' },
    { command: 'kill', grace_ms: 1 },
    { command: 'resize', cols: 81, rows: 24 },
  ])('for something else under the same id is refused: $command', async (action) => {
    const { executed, ask } = outcomes();
    await ask(LONG, { command: 'resize', cols: 80, rows: 24 });
    const refused = await ask(LONG, action);
    expect(refused).toMatchObject({ ok: false, code: 'request_id_reused' });
    expect(executed).toHaveLength(1);
  });

  it('with a short id is always carried out', async () => {
    const { executed, ask } = outcomes();
    await ask('1', { command: 'pause' });
    await ask('1', { command: 'pause' });
    await ask('1', { command: 'resume' });
    expect(executed).toHaveLength(3);
  });

  it('is forgotten when a thousand others have come', async () => {
    const { executed, ask } = outcomes();
    for (let number = 0; number <= 1000; number++) await ask(`${LONG}-${number}`, { command: 'pause' });
    await ask(`${LONG}-1`, { command: 'pause' });
    expect(executed).toHaveLength(1001);
    await ask(`${LONG}-0`, { command: 'pause' });
    expect(executed).toHaveLength(1002);
  });
});
