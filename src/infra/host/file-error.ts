// What an error of the operating system about a file means for the person who typed the command, and what to do.
import { messageOf } from '../../commands/outside/message-of.ts';

const isSystemError = (error: unknown): error is NodeJS.ErrnoException & { readonly path: string } =>
  error instanceof Error && 'code' in error && 'path' in error && typeof error.path === 'string';

/** Node's names of the calls that make something. */
const MAKES = new Set(['mkdir', 'mkdtemp', 'link', 'symlink', 'rename', 'copyfile']);

const doing = ({ syscall = '' }: NodeJS.ErrnoException): string => (MAKES.has(syscall) ? 'make' : 'open');

/** A sentence for an error about a path; the message of every other error. */
export function explained(error: unknown): string {
  if (!isSystemError(error)) return messageOf(error);
  const { code, path } = error;
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return `this user may not ${doing(error)} ${path}: run it as root, or as the user of the server`;
    case 'ENOENT':
      // Node says this of a recursive mkdir on a disk that is mounted read-only.
      return error.syscall === 'mkdir'
        ? `${path} cannot be made: its disk is mounted read-only, or the folder above it is missing`
        : `there is no ${path}`;
    case 'ENOTDIR':
      return `${path} cannot be reached: a part of it is a file, not a folder`;
    case 'EEXIST':
      return `${path} is there already, and is not a folder`;
    case 'EISDIR':
      return `${path} is a folder, not a file`;
    case 'EROFS':
      return `${path} cannot be written: its disk is mounted read-only`;
    case 'ENOSPC':
    case 'EDQUOT':
      return `${path} cannot be written: there is no room on its disk`;
    default:
      return messageOf(error);
  }
}
