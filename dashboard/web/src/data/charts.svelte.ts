// The lines of a stack of charts over one span: fetched together, again as time goes on, and stopped with their screen.
import { line, type Line } from './history';
import { live } from './live.svelte';

export class Lines {
  lines: Map<string, Line> = $state.raw(new Map());
  from = $state(0);
  to = $state(0);
  state: 'loading' | 'ready' | 'failed' = $state('loading');
  private abort: AbortController | null = null;

  async load(wanted: string[], from: number, to: number): Promise<void> {
    this.abort?.abort();
    const abort = new AbortController();
    this.abort = abort;
    try {
      const found = await Promise.all(wanted.map((series) => line(series, from, to, abort.signal)));
      if (abort.signal.aborted) return;
      this.lines = new Map(found.map((one) => [one.series, one]));
      this.from = from;
      this.to = to;
      this.state = 'ready';
    } catch {
      if (!abort.signal.aborted && this.state === 'loading') this.state = 'failed';
    }
  }

  stop(): void {
    this.abort?.abort();
  }
}

/** A line with the newest reading at its end, so that the chart reaches to now. */
export function withNow(found: Line | undefined, series: string, until: number): Line {
  if (!found) return { series, every: 60_000, points: [], holes: [] };
  const reading = live.latest.get(series);
  const last = found.points.at(-1);
  if (!reading || reading.value === null || !last) return found;
  const at = Date.parse(reading.at);
  if (at <= last.at + found.every / 2 || at > until + 60_000) return found;
  const { value } = reading;
  return { ...found, points: [...found.points, { at: at - found.every / 2, min: value, mean: value, max: value }] };
}
