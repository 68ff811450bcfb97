// When alarms stood within a span, as the server folds their log.
import { get } from './api';
import type { Episode, ListEpisode, Priority } from './contract';

export interface Stood {
  id: number;
  name: string;
  priority: Priority;
  room: string | null;
  agent: string | null;
  from: number;
  to: number;
  active: boolean;
}

export async function stoodWithin(from: number, to: number, signal?: AbortSignal): Promise<Stood[]> {
  const query = `from=${encodeURIComponent(new Date(from).toISOString())}&to=${encodeURIComponent(new Date(to).toISOString())}`;
  const { items } = await get<ListEpisode>(`alarms/episodes?${query}`, signal);
  return items.map((episode) => drawn(episode, to));
}

/** An episode as it is drawn up to an instant: one that stands reaches there. */
export function drawn(episode: Episode, to: number): Stood {
  const { alarm: id, name, sensor_name: sensor, priority, room, agent } = episode;
  return {
    id,
    name: sensor ? `${name}, ${sensor}` : name,
    priority,
    room,
    agent,
    from: Date.parse(episode.raised_at),
    to: episode.returned_at === null ? to : Date.parse(episode.returned_at),
    active: episode.returned_at === null,
  };
}
