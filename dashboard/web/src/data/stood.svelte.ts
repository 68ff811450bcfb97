// When alarms stood within a span, from the log of their transitions and how they stand now.
import { getAll } from './api';
import { live } from './live.svelte';
import { isActive } from './rooms';
import type { Alarm, AlarmEvent, Priority } from './types';

export interface Stood {
  id: number;
  name: string;
  priority: Priority;
  from: number;
  to: number;
  active: boolean;
}

export async function stoodWithin(from: number, to: number, signal?: AbortSignal): Promise<Stood[]> {
  const query = `from=${encodeURIComponent(new Date(from).toISOString())}&to=${encodeURIComponent(new Date(to).toISOString())}`;
  const events = await getAll<AlarmEvent>(`alarms/events?${query}`, 2000, signal);
  return fold(events, [...live.alarms.values()], from, to);
}

/** Pairs what rose with what returned; an alarm that stands began at its own instant, whatever the log's span. */
export function fold(events: AlarmEvent[], alarms: Alarm[], from: number, to: number): Stood[] {
  const found: Stood[] = [];
  const open = new Map<number, number>();
  const named = new Map(alarms.map((alarm) => [alarm.id, alarm]));
  const close = (id: number, end: number, active: boolean): void => {
    const began = open.get(id);
    const alarm = named.get(id);
    open.delete(id);
    if (!alarm) return;
    const name = alarm.sensor_name ? `${alarm.name}, ${alarm.sensor_name}` : alarm.name;
    found.push({ id, name, priority: alarm.priority, from: began ?? from - 1, to: end, active });
  };
  for (const event of [...events].sort((a, b) => Date.parse(a.at) - Date.parse(b.at))) {
    if (event.alarm === undefined) continue;
    const at = Date.parse(event.at);
    if (event.cause === 'raised') open.set(event.alarm, at);
    else if (event.cause === 'returned' || event.cause === 'configuration') close(event.alarm, at, false);
  }
  for (const alarm of alarms) {
    if (!isActive(alarm)) continue;
    const raised = Date.parse(alarm.raised_at);
    if (raised > to) continue;
    open.set(alarm.id, raised);
    close(alarm.id, to, true);
  }
  return found;
}
