// A revision tried on the past: what was asked, how far it is, and what came of it. Kept while other screens are shown.
import { ApiError, get, send } from './api';
import type { Trial, TrialProgress } from './contract';

/** The periods that are offered, in days. */
export const DAYS = [7, 30, 90];

class Trying {
  text = $state('');
  file = $state('');
  days = $state(30);
  /** In per cent while it runs. */
  percent: number | null = $state(null);
  /** What is wrong with the text, a line each, or with the question. */
  mistakes: string[] = $state.raw([]);
  /** The server could not be reached. */
  failed = $state(false);
  outcome: Trial | null = $state.raw(null);

  get running(): boolean {
    return this.percent !== null;
  }

  async run(): Promise<void> {
    if (this.running) return;
    this.percent = 0;
    this.mistakes = [];
    this.failed = false;
    const timer = setInterval(() => void this.look(), 700);
    try {
      this.outcome = await send<Trial>('POST', 'site/try', { text: this.text, last: `${this.days}d` });
    } catch (error) {
      this.outcome = null;
      if (error instanceof ApiError && error.status > 0) this.mistakes = error.message.split('\n');
      else this.failed = true;
    } finally {
      clearInterval(timer);
      this.percent = null;
    }
  }

  /** Takes the revision in force as what is edited. */
  async takeCurrent(): Promise<void> {
    try {
      const revision = await get<{ number: number; text: string }>('site/revisions/current');
      this.text = revision.text;
      this.file = '';
    } catch (error) {
      // Before the first revision there is none.
      this.failed = !(error instanceof ApiError && error.status === 404);
    }
  }

  private async look(): Promise<void> {
    try {
      const { percent } = await get<TrialProgress>('site/try');
      if (this.percent !== null && percent !== null) this.percent = Math.max(this.percent, percent);
    } catch {
      // The answer itself says what is wrong.
    }
  }
}

export const trying = new Trying();
