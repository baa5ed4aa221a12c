// What an engine says of itself.
/** By what an engine is known. */
export interface EngineIds {
  readonly storageDriver: string;
  /** The engine's own id; '' where it says none. */
  readonly id: string;
  /** The engine's data root, as the engine calls it: on a remote host it is a path there. */
  readonly root: string;
}

export interface EngineInfo extends EngineIds {
  readonly version: string;
  readonly apiVersion: string;
  /** Docker's data root on the host; undefined where the engine is remote. */
  readonly dataRoot?: string;
}
