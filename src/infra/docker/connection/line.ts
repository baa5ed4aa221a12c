// One connection to the daemon, for the requests that must all reach the same daemon.
import type { Agent } from 'node:http';
import type { Duplex } from 'node:stream';
import type DockerModem from 'docker-modem';
import type { EngineIds } from '../../../commands/outside/engine.ts';

/** docker-modem over one connection. */
export interface Line {
  readonly modem: Pick<DockerModem, 'dial'>;
  /** The engine that has said on it who it is; undefined: it was not asked. */
  engine?: EngineIds;
  close(): void;
  /** Instead of close, when its last answer was read to the end: it may carry later calls. Absent: it may not. */
  release?(): void;
}

export interface OpenLine extends Line {
  readonly isOpen: boolean;
}

/**
 * The modem over one connection of its own: its requests reach one daemon, whatever the address names meanwhile. When the daemon closes it,
 * the next request fails. `agent` retains a connection (`keepAlive`), and has one at a time (`maxSockets`).
 */
export function lineOver(modem: DockerModem, agent: Agent): OpenLine {
  const connect = agent.createConnection.bind(agent);
  let socket: Duplex | null | undefined;
  let isUsed = false;
  agent.createConnection = (options, callback) => {
    if (!isUsed) {
      isUsed = true;
      socket = connect(options, callback);
      return socket;
    }
    const closed = new Error('the connection was closed between two requests');
    process.nextTick(() => (callback as ((error: Error) => void) | undefined)?.(closed));
    return undefined;
  };
  // The agent is missing in docker-modem's types.
  const line: DockerModem = Object.assign(Object.create(modem), { agent });
  return {
    modem: line,
    close: () => agent.destroy(),
    get isOpen() {
      return socket != null && !socket.destroyed && !socket.readableEnded;
    },
  };
}
