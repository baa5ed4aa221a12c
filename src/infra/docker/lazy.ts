// An engine that connects at its first use and again after a failure: a server starts, and reads go on, while Docker is down.
import type { ContainerEngine } from '../../commands/engine.ts';

type Method = (...args: unknown[]) => unknown;

export function lazyEngine(connect: () => Promise<ContainerEngine>): ContainerEngine {
  let connecting: Promise<ContainerEngine> | null = null;
  const engine = (): Promise<ContainerEngine> => {
    connecting ??= connect().catch((error: unknown) => {
      connecting = null;
      throw error;
    });
    return connecting;
  };
  const call =
    (method: keyof ContainerEngine): Method =>
    async (...args) => {
      const connected = await engine();
      return (connected[method] as Method).apply(connected, args);
    };
  return new Proxy({} as ContainerEngine, { get: (_, method) => call(method as keyof ContainerEngine) });
}
