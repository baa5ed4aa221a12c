// An engine that connects at its first use and again after a failure: a server starts, and reads go on, while Docker is down.
import type { ContainerEngine } from '../../commands/outside/engine.ts';

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
  const onChange: ContainerEngine['onChange'] = (...args) => {
    engine().then(
      (connected) => connected.onChange(...args),
      () => {}, // it is asked for only once a server leads, and by then the engine has answered
    );
  };
  return new Proxy({ onChange } as ContainerEngine, {
    // Not a promise, though it answers to every other name.
    get: (own, method) => (method === 'then' ? undefined : method === 'onChange' ? own.onChange : call(method as keyof ContainerEngine)),
  });
}
