// The WebSocket endpoints of everything live: for those who watch, and for the recorders.

import type { UpgradeRoutes } from '../upgrades.ts';
import { Conversation } from './conversation.ts';
import { liveHub } from './hub.ts';

export const liveUpgrades: UpgradeRoutes = (context) => [
  {
    path: '/ws',
    summary: 'Live events, states and output of all sessions; commands to them, with the token',
    open: (socket, upgrade) => void new Conversation(socket, upgrade, context),
  },
  {
    path: '/ws/agents/:name',
    summary: 'The same for the sessions of one agent',
    open: (socket, upgrade) => void new Conversation(socket, upgrade, context),
  },
  {
    path: '/ws/publish',
    summary: 'For the recorders of running sessions',
    publishes: true,
    open: (socket) => liveHub(context).accept(socket),
  },
];
