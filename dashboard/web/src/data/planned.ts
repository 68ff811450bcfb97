// Planned maintenance within a span, as the services' availability tells it.
import { get } from './api';
import { services } from './services.svelte';
import type { Availability } from './contract';

export interface PlannedWork {
  from: number;
  to: number;
  text: string;
}

const MOST_SERVICES = 8;

export async function plannedWithin(from: number, to: number, word: string, signal?: AbortSignal): Promise<PlannedWork[]> {
  if (!services.loaded) await services.load();
  const query = `from=${encodeURIComponent(new Date(from).toISOString())}&to=${encodeURIComponent(new Date(to).toISOString())}`;
  const answers = await Promise.all(
    services.items.slice(0, MOST_SERVICES).map((service) =>
      get<Availability>(`services/${encodeURIComponent(service.service)}/availability?${query}`, signal)
        .then((answer) => ({ name: service.name, answer }))
        .catch(() => null),
    ),
  );
  // The same window of several services is one piece of work.
  const found = new Map<string, PlannedWork & { names: string[] }>();
  for (const one of answers)
    for (const interval of one?.answer.intervals ?? []) {
      if (interval.state !== 'planned') continue;
      const key = `${interval.from} ${interval.to}`;
      const known = found.get(key);
      if (known) known.names.push(one?.name ?? '');
      else
        found.set(key, {
          from: Date.parse(interval.from),
          to: Date.parse(interval.to),
          text: interval.cause ?? '',
          names: [one?.name ?? ''],
        });
    }
  return [...found.values()].map(({ from: start, to: end, text, names }) => ({
    from: start,
    to: end,
    text: `${word}: ${[text, names.join(', ')].filter(Boolean).join(', ')}`,
  }));
}
