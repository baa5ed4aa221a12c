// Copies a volume once, whatever crashes and whoever else may be in charge by now. The simulation runs this over volumes in memory.
import { EngineError } from '../../../commands/outside/engine-error.ts';
import { CopyDiffers } from './compare.ts';

export interface Copied {
  /** The top included. */
  readonly entries: number;
  readonly bytes: number;
}

/** Throws EngineError('unavailable') when this process must not change anything any more. */
export type Ask = () => void;

/** Source and target of the copy. `ask` is called right before each act that changes something. */
export interface CopyTrees {
  /** The target's name in messages. */
  readonly target: string;
  /** Throws EngineError('not-found') when the files to be copied are not there. */
  requireSource(): Promise<void>;
  /** The operation whose unfinished copy the target is marked as; null without a mark. The mark survives a crash. */
  mark(): Promise<string | null>;
  setMark(operation: string, ask: Ask): Promise<void>;
  clearMark(ask: Ask): Promise<void>;
  isEmpty(): Promise<boolean>;
  /** Also ends what an earlier process of this service left running in the target. */
  empty(ask: Ask): Promise<void>;
  /** Returns when it is on disk. */
  copy(ask: Ask): Promise<void>;
  /** Throws CopyDiffers. */
  compare(): Promise<Copied>;
}

/**
 * Makes the target an exact copy of the source. What is in the target is removed only where this very operation began to fill it: a target
 * with other files in it is a conflict, and one that holds the whole copy already (the answer to an earlier try was lost) is done. A copy that
 * differs in the end is refused.
 */
export async function copyOnce(trees: CopyTrees, operation: string, mayChange: () => void): Promise<Copied> {
  const ask: Ask = () => {
    try {
      mayChange();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new EngineError('unavailable', `copy to ${trees.target}: ${reason}`, { cause: error });
    }
  };
  await trees.requireSource();
  const mark = await trees.mark();
  if (mark !== null && mark !== operation) throw notBegunHere(trees);
  if (mark === null) {
    if (!(await trees.isEmpty())) return finishedBefore(trees);
    await trees.setMark(operation, ask);
  }
  await trees.empty(ask);
  await trees.copy(ask);
  const copied = await trees.compare().catch((error: unknown) => {
    throw error instanceof CopyDiffers ? new EngineError('refused', error.message, { cause: error }) : error;
  });
  await trees.clearMark(ask);
  return copied;
}

async function finishedBefore(trees: CopyTrees): Promise<Copied> {
  try {
    return await trees.compare();
  } catch (error) {
    throw error instanceof CopyDiffers ? notBegunHere(trees, error) : error;
  }
}

const notBegunHere = ({ target }: CopyTrees, cause?: Error): EngineError =>
  new EngineError('conflict', `${target} has files in it that this copy did not put there; it is left alone`, cause && { cause });
