import type { Arena } from '../arena.ts';

/** One kind of harm. */
export interface Fault {
  readonly name: string;
  /** Weight: how often it comes beside the others. */
  readonly weight: number;
  /** Containers or volumes may be given up by it; after any other fault that is a violation. */
  readonly takesAway?: true;
  /** It needs mounts of its own. */
  readonly pretends?: true;
  /** Does the harm and undoes it, so that the server can be ready again by itself. Throws where a check of its own fails. */
  readonly play: (arena: Arena) => Promise<void>;
}
