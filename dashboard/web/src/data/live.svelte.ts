// What is known now: latest readings, alarms, agents, and whether the server is still heard.
import { language } from '../words/words.svelte';
import { SvelteMap } from 'svelte/reactivity';

import { getAll, serverNow } from './api';
import { readStream } from './events';
import type { Agent, Alarm, Input, Reading } from './contract';

/** The server sends something at least every 15 s; longer silence means that contact is lost. */
const SILENCE_MS = 20_000;
const RETRY_MS = [500, 1000, 2000, 4000, 5000];
/** Readings are shown in one go, so that a screen of fifty values does not shiver. */
const FLUSH_MS = 400;

class Live {
  readonly latest = new SvelteMap<string, Reading>();
  /** How the server judges each series. */
  readonly inputs = new SvelteMap<string, Input>();
  readonly alarms = new SvelteMap<number, Alarm>();
  readonly agents = new SvelteMap<string, Agent>();
  now = $state(serverNow());
  /** Contact with the server: `first` until the first answer. */
  contact: 'first' | 'held' | 'lost' = $state('first');
  lostSince = $state(0);
  heardAt = $state(0);
  loaded = $state(false);
  /** Grows with each alarm event, for screens that ask the server again then. */
  alarmChanges = $state(0);
  /** Grows with each note on an incident, by its number. */
  readonly incidentChanges = new SvelteMap<number, number>();

  private pending = new Map<string, Reading>();
  private judged = new Map<string, Input>();
  private abort: AbortController | null = null;
  private running = false;
  private timers: ReturnType<typeof setInterval>[] = [];
  private attempt = 0;
  private lastBytes = 0;
  private agentsToo = false;

  /** Begins to follow what `sees` says; who sees no rooms has a clock alone. */
  start(sees: { rooms: boolean; agents: boolean }): void {
    if (this.running) return;
    this.running = true;
    language.whenChosen = this.listenAnew;
    this.contact = 'first';
    this.agentsToo = sees.agents;
    this.timers = [setInterval(() => this.tick(), 1000)];
    if (!sees.rooms) return;
    this.timers.push(setInterval(() => this.flush(), FLUSH_MS));
    window.addEventListener('offline', this.goneOffline);
    window.addEventListener('online', this.hurry);
    void this.run();
  }

  stop(): void {
    this.running = false;
    this.abort?.abort();
    for (const timer of this.timers) clearInterval(timer);
    window.removeEventListener('offline', this.goneOffline);
    window.removeEventListener('online', this.hurry);
    this.latest.clear();
    this.inputs.clear();
    this.alarms.clear();
    this.agents.clear();
    this.loaded = false;
  }

  /** Takes an alarm as the answer to an action, without waiting for its event. */
  put(alarm: Alarm): void {
    this.alarms.set(alarm.id, alarm);
  }

  private goneOffline = (): void => {
    this.lose();
    this.abort?.abort();
  };

  /** Another language: the stream is opened again, and the whole picture is asked for. */
  private listenAnew = (): void => {
    this.anew = true;
    this.abort?.abort();
  };
  private anew = false;

  private hurry = (): void => {
    this.attempt = 0;
    this.wake?.();
  };
  private wake: (() => void) | null = null;

  private tick(): void {
    this.now = serverNow();
    if (this.contact === 'held' && Date.now() - this.lastBytes > SILENCE_MS) {
      this.lose();
      this.abort?.abort();
    }
  }

  private lose(): void {
    if (this.contact === 'lost') return;
    this.contact = 'lost';
    this.lostSince = serverNow();
  }

  private async run(): Promise<void> {
    while (this.running) {
      this.abort = new AbortController();
      const { signal } = this.abort;
      try {
        const status = await readStream('/api/v1/live', signal, {
          opened: () => {
            this.lastBytes = Date.now();
            void this.refresh(signal);
          },
          heard: () => {
            this.lastBytes = Date.now();
          },
          event: (name, data) => this.take(name, data),
        });
        if (status === 401) {
          // The plain call tells the session's owner.
          await getAll('latest').catch(() => undefined);
        }
      } catch {
        // Lost, refused or aborted: all end in the same pause.
      }
      if (!this.running) return;
      if (this.anew) {
        this.anew = false;
        continue;
      }
      this.lose();
      const pause = RETRY_MS[Math.min(this.attempt, RETRY_MS.length - 1)] ?? 5000;
      this.attempt += 1;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
        setTimeout(resolve, pause * (0.8 + 0.4 * Math.random()));
      });
    }
  }

  /** After each opening the whole picture is asked for again: events may have been missed. */
  private async refresh(signal: AbortSignal): Promise<void> {
    try {
      const [latest, inputs, alarms, agents] = await Promise.all([
        getAll<Reading>('latest', 20_000, signal),
        getAll<Input>('inputs', 20_000, signal),
        getAll<Alarm>('alarms?state=all', 5000, signal),
        this.agentsToo ? getAll<Agent>('agents', 5000, signal) : [],
      ]);
      for (const reading of latest) this.newer(reading);
      for (const input of inputs) this.judged.set(input.series, input);
      this.flush();
      const ids = new Set(alarms.map((alarm) => alarm.id));
      for (const id of [...this.alarms.keys()]) if (!ids.has(id)) this.alarms.delete(id);
      for (const alarm of alarms) this.alarms.set(alarm.id, alarm);
      for (const agent of agents) this.agents.set(agent.agent, agent);
      this.loaded = true;
      this.contact = 'held';
      this.attempt = 0;
      this.heardAt = serverNow();
      this.alarmChanges += 1;
    } catch {
      if (!signal.aborted) this.abort?.abort();
    }
  }

  private take(name: string, data: string): void {
    let body: unknown;
    try {
      body = JSON.parse(data);
    } catch {
      return;
    }
    const items: unknown[] = Array.isArray(body) ? body : [body];
    for (const item of items) {
      if (!item || typeof item !== 'object') continue;
      if (name === 'reading') this.newer(item as Reading);
      else if (name === 'input') this.judged.set((item as Input).series, item as Input);
      else if (name === 'alarm') {
        const alarm = item as Alarm;
        this.alarms.set(alarm.id, alarm);
        this.alarmChanges += 1;
      } else if (name === 'incident') {
        const { incident } = item as { incident: number };
        this.incidentChanges.set(incident, (this.incidentChanges.get(incident) ?? 0) + 1);
      } else if (name === 'agent') this.agents.set((item as Agent).agent, item as Agent);
    }
  }

  /** A late reading of the spool does not push a newer one aside. */
  private newer(reading: Reading): void {
    const known = this.pending.get(reading.series) ?? this.latest.get(reading.series);
    if (!known || Date.parse(known.at) <= Date.parse(reading.at)) this.pending.set(reading.series, reading);
  }

  private flush(): void {
    for (const [series, input] of this.judged) this.inputs.set(series, input);
    this.judged.clear();
    if (this.pending.size === 0) return;
    for (const [series, reading] of this.pending) this.latest.set(series, reading);
    this.pending.clear();
    this.heardAt = serverNow();
  }
}

export const live = new Live();
