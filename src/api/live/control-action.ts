// A command of a client as what the process of the session is told to do.

import type { ControlAction } from '../../model/control.ts';
import type { CommandMessage } from '../../model/wire-live.ts';

type Acting = Exclude<CommandMessage, { command: 'get_state' }>;

export function actionOf(message: Acting): ControlAction {
  switch (message.command) {
    case 'pause':
    case 'resume':
      return { command: message.command };
    case 'kill':
      return { command: 'kill', grace_ms: message.grace_ms };
    case 'send_input':
      return { command: 'send_input', text: message.text, enter: message.enter };
    case 'resize':
      return { command: 'resize', cols: message.cols, rows: message.rows };
  }
}
