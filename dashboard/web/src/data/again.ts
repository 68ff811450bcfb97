// A load that is asked for again and again: one at a time, each to its end, and once more for all that was asked meanwhile.

/** What asks for it in a storm waits so long together. */
const SOON = 300;

/** Ends with whoever made it. */
export class Again {
  readonly #abort = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #busy = false;
  #wanted = false;

  constructor(private readonly load: (signal: AbortSignal) => Promise<void>) {}

  /** Asks for it, after a moment in which others may ask too; a load under way is left to end first. */
  ask(after = SOON): void {
    if (this.#abort.signal.aborted) return;
    if (this.#busy) this.#wanted = true;
    else this.#timer ??= setTimeout(() => void this.#run(), after);
  }

  /** Nobody looks any more: what is under way is given up. */
  end(): void {
    clearTimeout(this.#timer);
    this.#abort.abort();
  }

  async #run(): Promise<void> {
    this.#timer = undefined;
    this.#busy = true;
    this.#wanted = false;
    try {
      await this.load(this.#abort.signal);
    } finally {
      this.#busy = false;
      if (this.#wanted) this.ask();
    }
  }
}
