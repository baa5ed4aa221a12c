// One connection to the daemon, for the requests that must all reach the same daemon.
import type { Agent } from 'node:http';
import type DockerModem from 'docker-modem';

/** docker-modem over one connection. */
export interface Line {
  readonly modem: Pick<DockerModem, 'dial'>;
  close(): void;
}

/**
 * The modem over one connection of its own: its requests reach one daemon, whatever the address names meanwhile. When the daemon closes it,
 * the next request fails. `agent` retains a connection (`keepAlive`), and has one at a time (`maxSockets`).
 */
export function lineOver(modem: DockerModem, agent: Agent): Line {
  const connect = agent.createConnection.bind(agent);
  let isUsed = false;
  agent.createConnection = (options, callback) => {
    if (!isUsed) {
      isUsed = true;
      return connect(options, callback);
    }
    const closed = new Error('the connection was closed between two requests');
    process.nextTick(() => (callback as ((error: Error) => void) | undefined)?.(closed));
    return undefined;
  };
  // The agent is missing in docker-modem's types.
  const line: DockerModem = Object.assign(Object.create(modem), { agent });
  return { modem: line, close: () => agent.destroy() };
}
