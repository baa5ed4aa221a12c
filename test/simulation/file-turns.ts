// Real file operations in a world of virtual time: one after another, in the order in which they were asked for, and virtual time stands still
// until all have ended. So a run stays a function of its seed.

export class FileTurns {
  #last: Promise<void> = Promise.resolve();
  /** Operations that run or wait. */
  #open = 0;

  /** Waits for its turn; the function that is returned ends it. */
  async take(): Promise<() => void> {
    this.#open++;
    const before = this.#last;
    let end: () => void = () => undefined;
    this.#last = new Promise((resolve) => {
      end = resolve;
    });
    await before;
    return () => {
      this.#open--;
      end();
    };
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    const end = await this.take();
    try {
      return await work();
    } finally {
      end();
    }
  }

  /** Resolves when nothing runs or waits, and what followed from it has run. */
  async idle(): Promise<void> {
    while (this.#open > 0) await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
