// The services of this month: asked for when a screen needs them, each minute, and after each alarm.
import { untrack } from 'svelte';

import { getAll } from './api';
import { live } from './live.svelte';
import type { Service } from './contract';

class Services {
  items: Service[] = $state.raw([]);
  loaded = $state(false);

  async load(): Promise<void> {
    try {
      this.items = await getAll<Service>('services');
      this.loaded = true;
    } catch {
      // Contact is watched elsewhere; the old figures stay.
    }
  }
}

export const services = new Services();

/** For use in a component: keeps the services fresh as long as it lives. */
export function followServices(): void {
  $effect(() => {
    void live.alarmChanges;
    const soon = setTimeout(() => void services.load(), untrack(() => services.loaded) ? 1500 : 0);
    const timer = setInterval(() => void services.load(), 60_000);
    return () => {
      clearTimeout(soon);
      clearInterval(timer);
    };
  });
}
