// Which engine the host's is: another one may answer on the same socket.
import type { EngineIds } from '../../../commands/outside/engine.ts';

/** The knowledge about the host's engine. */
export interface ExpectedEngine {
  /** How the engine that answers differs from the host's, as a sentence; null: in nothing, or nothing is known of the host's. */
  differs(engine: EngineIds): string | null;
  /** Called when another one has answered. */
  onOther(): void;
}

/** For a program that leads no host. */
export const ANY_ENGINE: ExpectedEngine = { differs: () => null, onOther: () => {} };
