// Who is on duty as the server says it, a rota's calendar week by week, and what people change of it.
import { get, getAll, send } from './api';
import type { CalendarDay, Duty, DutyFeed, DutyFeedAddress, Ladder, Override, RotaCalendar } from './contract';
import { DAY, civil, midnight, ms } from './format';

/** Weeks of a calendar that are shown at once. */
export const WEEKS = 5;

/** The instant of the Monday's midnight on or before an instant, and so many weeks later. */
export function monday(at: number, zone: string, later = 0): number {
  const { year, month, day } = civil(at, zone);
  const weekday = (new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 6) % 7;
  return midnight(year, month - 1, day - weekday + 7 * later, zone);
}

/** Days in rows of seven, from a Monday on. */
export function weeksOf(days: CalendarDay[]): CalendarDay[][] {
  return Array.from({ length: Math.ceil(days.length / 7) }, (_, row) => days.slice(7 * row, 7 * row + 7));
}

/** Where a stretch lies in a week whose days are equally wide: its beginning and its length, from 0 to 1; null outside of it. */
export function placed(week: CalendarDay[], from: string, to: string): { left: number; width: number } | null {
  const at = (instant: number): number => {
    const index = week.findIndex((day) => instant < ms(day.to));
    if (index < 0) return 1;
    const day = week[index]!;
    const within = (instant - ms(day.from)) / (ms(day.to) - ms(day.from));
    return (index + Math.max(0, within)) / week.length;
  };
  const [left, right] = [at(ms(from)), at(ms(to))];
  return right > left ? { left, width: right - left } : null;
}

/** An override that is being made or changed. */
export interface Draft {
  number: number | null;
  person: string;
  from: string;
  to: string;
  why: string;
}

/** Midnight of the day after a date, as a field for times has it. */
export function after(date: string): string {
  return `${new Date(Date.parse(date) + DAY).toISOString().slice(0, 10)}T00:00`;
}

class OnCall {
  rotas: Duty[] = $state.raw([]);
  ladders: Ladder[] = $state.raw([]);
  overrides: Override[] = $state.raw([]);
  loaded = $state(false);
  problem = $state('');

  async load(): Promise<void> {
    try {
      [this.rotas, this.ladders, this.overrides] = await Promise.all([
        getAll<Duty>('duty'),
        getAll<Ladder>('ladders'),
        getAll<Override>('overrides'),
      ]);
      this.loaded = true;
      this.problem = '';
    } catch (error) {
      this.problem = (error as Error).message;
    }
  }

  calendar(rota: Duty, from: number, weeks = WEEKS): Promise<RotaCalendar> {
    const query = `from=${new Date(from).toISOString()}&to=${new Date(monday(from, rota.zone, weeks)).toISOString()}`;
    return get<RotaCalendar>(`duty/${encodeURIComponent(rota.rota)}/shifts?${query}`);
  }

  /** Makes or changes an override; what is wrong with it, or nothing. */
  async save(rota: Duty, { number, ...body }: Draft): Promise<string> {
    const saved = number === null ? send('POST', 'overrides', { rota: rota.rota, ...body }) : send('PATCH', `overrides/${number}`, body);
    return this.done(saved);
  }

  async takeBack(made: Override): Promise<string> {
    return this.done(send('DELETE', `overrides/${made.number}`));
  }

  private async done(act: Promise<unknown>): Promise<string> {
    try {
      await act;
      await this.load();
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  }
}

export const onCall = new OnCall();

export const feed = {
  stand: (): Promise<DutyFeed> => get<DutyFeed>('session/duty-feed'),
  make: async (): Promise<string> => location.origin + (await send<DutyFeedAddress>('POST', 'session/duty-feed')).path,
  end: (): Promise<unknown> => send('DELETE', 'session/duty-feed'),
};
