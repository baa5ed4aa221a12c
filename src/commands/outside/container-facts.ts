// What the engine tells of the containers of a log.
/** A container of this log as the engine's list of all has it. */
export interface ContainerSeen {
  readonly id: string;
  readonly containerName: string;
  readonly name: string;
  readonly uid: string;
  readonly version: number;
  readonly state: 'created' | 'running' | 'paused' | 'restarting' | 'exited' | 'dead' | 'removing';
}

/** A container of this log as the engine has it. */
export interface ContainerFacts extends ContainerSeen {
  readonly exitCode: number;
  readonly oomKilled: boolean;
  /** When it last ran, ms since the epoch by the engine's clock; absent while it runs, and where it never ran. */
  readonly ran?: { readonly from: number; readonly to: number };
  /** UUIDs in its device request. */
  readonly gpus: readonly string[];
  readonly hostPorts: readonly number[];
}
