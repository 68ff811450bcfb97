// One incident as its page shows it: asked for when it opens, after each of its alarms' changes and after each note.
import { Again } from './again';
import { ApiError, get, getFirst, send } from './api';
import { compareAlarms, isAside } from './rooms';
import { live } from './live.svelte';
import type { Alarm, Incident, IncidentCall, Note, PassedOn, TimelineEntry } from './contract';

/** A page shows the newest alone: an incident of ten thousand alarms is read as a file. */
const MOST = 3000;

export class IncidentPage {
  incident: Incident | null = $state.raw(null);
  /** The oldest first. */
  timeline: TimelineEntry[] = $state.raw([]);
  /** There is more before that. */
  more = $state(false);
  call: IncidentCall | null = $state.raw(null);
  missing = $state(false);
  readonly id: string;
  /** What was noted here: a load that began before does not bring it. */
  #noted: TimelineEntry[] = [];

  constructor(id: string) {
    this.id = id;
  }

  async load(signal?: AbortSignal): Promise<void> {
    const path = `incidents/${encodeURIComponent(this.id)}`;
    try {
      const [incident, timeline, call] = await Promise.all([
        get<Incident>(path, signal),
        getFirst<TimelineEntry>(`${path}/timeline?order=newest`, MOST, signal),
        get<IncidentCall>(`${path}/call`, signal),
      ]);
      this.call = call;
      this.incident = incident;
      this.timeline = withNotes(timeline.items.reverse(), this.#noted);
      this.more = timeline.more;
    } catch (error) {
      // Contact is watched elsewhere; until then the page stays as it is.
      if (error instanceof ApiError && (error.status === 404 || error.status === 400)) this.missing = true;
    }
  }

  /** Passes it on, to somebody by name or to whoever is next. What came of it. */
  async passOn(to: string): Promise<PassedOn> {
    const passed = await send<PassedOn>('POST', `incidents/${encodeURIComponent(this.id)}/pass-on`, to ? { to } : {});
    await this.load();
    return passed;
  }

  /** Notes something, and shows it without waiting for anything else. */
  async note(text: string): Promise<void> {
    const note = await send<Note>('POST', `incidents/${encodeURIComponent(this.id)}/notes`, { text });
    this.#noted.push({ at: note.at, kind: 'note', event: null, message: null, note });
    this.timeline = withNotes(this.timeline, this.#noted);
  }
}

/** A timeline with these notes in their places, each once. */
export function withNotes(timeline: TimelineEntry[], notes: TimelineEntry[]): TimelineEntry[] {
  const known = new Set(timeline.map((entry) => entry.note?.number));
  const missing = notes.filter((entry) => !known.has(entry.note?.number));
  return missing.length ? [...timeline, ...missing].sort((a, b) => Date.parse(a.at) - Date.parse(b.at)) : timeline;
}

/** For use in a component: keeps it fresh as long as it lives. */
export function followIncident(page: IncidentPage): void {
  const again = new Again((signal) => page.load(signal));
  again.ask(0);
  $effect(() => {
    const often = setInterval(() => again.ask(), 10_000);
    return () => {
      clearInterval(often);
      again.end();
    };
  });
  $effect(() => {
    void live.alarmChanges;
    void live.incidentChanges.get(Number(page.id));
    again.ask();
  });
}

/** What an alarm is called. */
export function alarmNamed(number: number | undefined): string {
  const alarm = number === undefined ? undefined : live.alarms.get(number);
  return alarm ? [alarm.name, alarm.sensor_name].filter(Boolean).join(', ') : String(number ?? '');
}

/** An alarm of an incident, with when it was over in it. */
export interface Part {
  alarm: Alarm;
  overAt: string | null;
  isFirst: boolean;
}

/** The alarms of an incident: what stands before what is over, the first cause first, then the worst. */
export function partsOf(incident: Incident, alarms: ReadonlyMap<number, Alarm>): Part[] {
  const parts = incident.members.flatMap((member) => {
    const alarm = alarms.get(member.alarm);
    return alarm ? [{ alarm, overAt: member.over_at, isFirst: member.alarm === incident.first_cause?.id }] : [];
  });
  const rank = (part: Part): number => (part.isFirst ? 0 : part.overAt === null ? 1 : 2);
  return parts.sort((one, other) => rank(one) - rank(other) || compareAlarms(one.alarm, other.alarm));
}

/** Who has what stands of it, and how much of that nobody has. */
export interface Held {
  names: string[];
  free: number;
  standing: number;
}

/** For what something lies over nobody is asked, as the server's count has it. */
export function heldBy(parts: Part[]): Held {
  const standing = parts.filter((part) => part.overAt === null && !isAside(part.alarm));
  const names = new Set(standing.flatMap(({ alarm }) => (alarm.acknowledged ? [alarm.acknowledged.by] : [])));
  return { names: [...names], free: standing.filter(({ alarm }) => !alarm.acknowledged).length, standing: standing.length };
}
