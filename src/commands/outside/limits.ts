// The limits that new containers are made with, as the server's options set them.

export interface ContainerLimits {
  /** False: a program with a setuid bit, such as sudo, may give a process more rights than it was started with. */
  readonly noNewPrivileges: boolean;
  /** Processes and threads of a container, at most; 0: no limit. */
  readonly pids: number;
  /** Capabilities of Docker's usual set that a container does not get. */
  readonly capDrop: readonly string[];
  /** Bytes of one file of its log, where Docker writes logs to files; 0: as Docker is configured. */
  readonly logBytes: number;
  /** Files of its log, at most. */
  readonly logFiles: number;
  /** Address of the host on which its ports are published; '': all of them. */
  readonly publishAddr: string;
  /** `isolated`, `bridge` (Docker's usual one), or the name of a network of somebody else's making. */
  readonly network: string;
}

/** As Docker makes a container that nothing more is said of. */
export const UNLIMITED: ContainerLimits = {
  noNewPrivileges: false,
  pids: 0,
  capDrop: [],
  logBytes: 0,
  logFiles: 1,
  publishAddr: '',
  network: 'bridge',
};
