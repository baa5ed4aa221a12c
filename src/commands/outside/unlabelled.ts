// Containers and volumes of the log that carry none of our labels: they were there before it, and it took them in as they are. No engine can label what is
// there already, so they are known by what the log recorded of them.
import type { Owner } from './engine.ts';

type OwnerId = Omit<Owner, 'operation'>;

interface UnlabelledContainer {
  readonly owner: OwnerId;
  /** Names of its secret variables, whose values the engine has in clear. */
  readonly secretNames: readonly string[];
}

/** Those of one host. */
export interface Unlabelled {
  /** False: there is no such container, and one that carries no label of ours is not of this log. */
  anyContainer(): boolean;
  /** As anyContainer, of volumes. */
  anyVolume(): boolean;
  /** By the container's id. */
  container(id: string): UnlabelledContainer | undefined;
  /** By the volume's name in the engine, which has no id for it. */
  volume(name: string): OwnerId | undefined;
}

/** For a log, or a program, that has taken in nothing. */
export const NONE_UNLABELLED: Unlabelled = {
  anyContainer: () => false,
  anyVolume: () => false,
  container: () => undefined,
  volume: () => undefined,
};
