// Which alarms are one event, and which of them the others come from: asked for when a screen needs it, and after each alarm.
import { Again } from './again';
import { getAll } from './api';
import { live } from './live.svelte';
import type { Alarm, Incident } from './contract';

class Incidents {
  open: Incident[] = $state.raw([]);

  async load(): Promise<void> {
    try {
      this.open = await getAll<Incident>('incidents?state=open');
    } catch {
      // Contact is watched elsewhere; until then alarms stand each by itself.
    }
  }
}

export const incidents = new Incidents();

/** For use in a component: keeps them fresh as long as it lives. */
export function followIncidents(): void {
  const again = new Again(() => incidents.load());
  $effect(() => () => again.end());
  $effect(() => {
    void live.alarmChanges;
    again.ask();
  });
}

/** An alarm, and the others of its incident that come after it in the same list. */
export interface Row {
  alarm: Alarm;
  others: Alarm[];
}

/** A list in its order, where what is one incident stands together: below the alarm that the others come from, else below the first of them. */
export function together(alarms: Alarm[], open: Incident[]): Row[] {
  const incidentOf = new Map<number, Incident>();
  for (const incident of open) for (const member of incident.members) incidentOf.set(member.alarm, incident);
  const rows: Row[] = [];
  const rowOf = new Map<number, Row>();
  for (const alarm of alarms) {
    const incident = incidentOf.get(alarm.id);
    const row = incident && rowOf.get(incident.id);
    if (!incident || !row) {
      const begun = { alarm, others: [] };
      rows.push(begun);
      if (incident) rowOf.set(incident.id, begun);
    } else if (incident.first_cause?.id === alarm.id) {
      row.others.unshift(row.alarm);
      row.alarm = alarm;
    } else {
      row.others.push(alarm);
    }
  }
  return rows;
}
