// Work in progress as the server says it: what is planned or goes on, and what people say of it.
import { getAll, send } from './api';
import type { Alarm, EndedWork, NewWork, Work, WorkKind } from './contract';
import { live } from './live.svelte';
import type { PlannedWork } from './planned';

/** What saves lives or the room, asked for apart. */
export const VITAL: WorkKind[] = ['smoke', 'extinguisher', 'water', 'critical-temperature'];
export const PLAIN: WorkKind[] = ['temperature', 'humidity', 'air', 'power', 'cooling', 'doors', 'agents', 'jobs', 'other'];

class Works {
  items: Work[] = $state.raw([]);

  async load(): Promise<void> {
    try {
      this.items = await getAll<Work>('work');
    } catch {
      // Contact is watched elsewhere.
    }
  }

  /** What is planned or goes on in a room or on the whole site, what goes on first. */
  of(room: string): Work[] {
    return this.all().filter((work) => work.room === null || work.room === room);
  }

  /** The same anywhere. */
  all(): Work[] {
    return [...this.items].sort((a, b) => Number(a.state !== 'running') - Number(b.state !== 'running') || Date.parse(a.from) - Date.parse(b.from));
  }

  /** What goes on in a room or on the whole site. */
  running(room: string): Work[] {
    return this.of(room).filter((work) => work.state === 'running');
  }

  async begin(body: NewWork): Promise<void> {
    await send('POST', 'work', body);
    await this.load();
  }

  async end(work: Work): Promise<void> {
    await send('POST', `work/${work.number}/end`);
    await this.load();
  }
}

export const works = new Works();

/** Alarms that came during some work, in a room or anywhere. */
export function came(work: Work, room: string | null): Alarm[] {
  const during = [...live.alarms.values()].filter((alarm) => alarm.work?.number === work.number);
  return during.filter((alarm) => room === null || (alarm.room ?? '') === room);
}

/** Work of a room or of the whole site that has ended since an instant: who did it, and what came meanwhile. */
export async function endedSince(room: string, from: number, signal?: AbortSignal): Promise<Work[]> {
  const found = await getAll<EndedWork>(`work/ended?from=${encodeURIComponent(new Date(from).toISOString())}`, 500, signal);
  return found.map(({ work }) => work).filter((work) => work.room === null || work.room === room);
}

/** When work went on or is planned to, as charts shade it. */
export function shadeOf(work: Work, text: string): PlannedWork {
  return { from: Date.parse(work.from), to: Date.parse(work.ended_at ?? work.until), text };
}

/** Keeps what goes on up to date while a screen shows it. */
export function followWorks(): void {
  $effect(() => {
    void live.alarmChanges;
    void works.load();
    const again = setInterval(() => void works.load(), 20_000);
    return () => clearInterval(again);
  });
}
