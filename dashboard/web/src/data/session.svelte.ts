// Who is logged in and what the site looks like; starts and stops the live stream with the session.
import { ApiError, get, getQuietly, send, whenSignedOut } from './api';
import { live } from './live.svelte';
import { router } from './router.svelte';
import type { Challenge, LoggedOut, Permission, Room, Sensor, SensorSeries, Session, SignOnBegun, Site } from './contract';
import { language } from '../words/words.svelte';

/** A series with the sensor and the room it belongs to. */
export interface Placed {
  room: Room;
  sensor: Sensor;
  info: SensorSeries;
}

class SessionStore {
  state: 'asking' | 'out' | 'in' | 'unreachable' = $state('asking');
  session: Session | null = $state(null);
  site: Site | null = $state.raw(null);
  /** What a right password was answered with, while the code is owed. */
  owed: Challenge | null = $state.raw(null);

  /** Every series of the site by its name. */
  readonly placed: Map<string, Placed> = $derived.by(() => {
    const found = new Map<string, Placed>();
    for (const room of this.site?.rooms ?? [])
      for (const sensor of room.sensors)
        for (const info of sensor.series) found.set(info.series, { room, sensor, info });
    return found;
  });

  get zone(): string {
    return this.session?.site.zone ?? 'UTC';
  }

  /** Whether who is logged in may do this; what they may not is not offered. */
  may(permission: Permission): boolean {
    return this.session?.user.permissions.includes(permission) ?? false;
  }

  async begin(): Promise<void> {
    whenSignedOut(() => this.ended());
    try {
      await this.enter(await getQuietly<Session>('session'));
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) this.state = 'out';
      else {
        this.state = 'unreachable';
        setTimeout(() => void this.begin(), 2000);
      }
    }
  }

  async enter(session: Session): Promise<void> {
    language.setSite(session.site.language);
    const may = session.user.permissions;
    const looks = may.includes('look');
    this.site = looks ? await get<Site>('site') : null;
    this.session = session;
    this.state = 'in';
    live.start({ rooms: looks, agents: may.includes('look-behind') });
  }

  /** What a right password is answered with: the session, or a question for the code. */
  private async come(answer: Session | Challenge): Promise<void> {
    if ('challenge' in answer) this.owed = answer;
    else await this.enter(answer);
  }

  async login(name: string, password: string): Promise<void> {
    await this.come(await send<Session | Challenge>('POST', 'sessions', { name, password }, true));
  }

  async enterCode(code: string): Promise<void> {
    const session = await send<Session>('POST', 'sessions/code', { challenge: this.owed?.challenge, code }, true);
    this.owed = null;
    await this.enter(session);
  }

  /** Goes to the provider of single sign-on; it sends the browser back to the screen `SignedOn`. */
  async signOn(): Promise<void> {
    const begun = await send<SignOnBegun>('POST', 'sessions/single-sign-on', undefined, true);
    location.assign(begun.address);
  }

  /** Hands over what the browser came back with. */
  async signedOn(came: URLSearchParams): Promise<void> {
    const body: Record<string, string> = {};
    for (const name of ['state', 'code', 'error', 'iss']) {
      const value = came.get(name);
      if (value !== null) body[name] = value;
    }
    await this.enter(await send<Session>('POST', 'sessions/signed-on', body, true));
    router.go('/', true);
  }

  /** Looks again at what the session may: a second factor was set up or turned off. */
  async again(): Promise<void> {
    await this.enter(await get<Session>('session'));
  }

  async first(token: string, name: string, password: string): Promise<void> {
    await this.enter(await send<Session>('POST', 'sessions/first', { token, name, password }, true));
    router.go('/', true);
  }

  async accept(token: string, password: string): Promise<void> {
    await this.come(await send<Session | Challenge>('POST', 'sessions/invited', { token, password }, true));
    router.go('/', true);
  }

  async logout(): Promise<void> {
    const out = await send<LoggedOut | null>('DELETE', 'sessions', undefined, true).catch(() => null);
    // The provider asks whether they log out there too, and sends them back to the log-in here.
    if (out) return location.assign(out.address);
    this.ended();
  }

  private asked = 0;
  /** A series that the site does not place yet: the site has grown, so it is asked for again, at most each 10 s. */
  async refreshSite(): Promise<void> {
    if (Date.now() - this.asked < 10_000) return;
    this.asked = Date.now();
    this.site = await get<Site>('site').catch(() => this.site);
  }

  /** The page begins anew: whatever it had loaded, and a secret that it still shows, is gone for whoever logs in next. */
  private ended(): void {
    live.stop();
    location.reload();
  }
}

export const store = new SessionStore();
