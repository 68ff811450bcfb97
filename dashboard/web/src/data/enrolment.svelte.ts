// Agents' certificates as an administrator sees them, and what is done to them.
import { get, getAll, send } from './api';
import type { Enrolment, EnrolmentAuthority, EnrolmentCode } from './contract';

class Enrolments {
  all: Enrolment[] = $state.raw([]);
  authority: EnrolmentAuthority | null = $state.raw(null);
  loaded = $state(false);
  /** The code that was just made: it is shown only once. */
  code: EnrolmentCode | null = $state.raw(null);
  /** Whether the agent has joined with it. */
  hasJoined = $derived.by(() => {
    const { code } = this;
    const own = code && this.all.find((one) => one.site === code.site && one.agent === code.agent);
    return own ? own.code_until === null && own.state === 'joined' : false;
  });
  problem = $state('');

  async load(): Promise<void> {
    await this.attempt(async () => {
      this.all = await getAll<Enrolment>('enrolments');
      // Before the first start in TLS there is none.
      this.authority = await get<EnrolmentAuthority>('authority').catch(() => null);
      this.loaded = true;
    });
  }

  async make(site: string, agent: string, host: string): Promise<boolean> {
    return this.attempt(async () => {
      const body = host === '' ? {} : { host };
      this.code = await send<EnrolmentCode>('POST', `agents/${encodeURIComponent(site)}/${encodeURIComponent(agent)}/enrolment`, body);
      await this.load();
    });
  }

  async revoke(one: Enrolment, reason: string): Promise<boolean> {
    return this.attempt(async () => {
      const body = reason === '' ? {} : { reason };
      await send('POST', `agents/${one.site}/${one.agent}/revoke`, body);
      if (this.code?.site === one.site && this.code.agent === one.agent) this.code = null;
      await this.load();
    });
  }

  private async attempt(act: () => Promise<unknown>): Promise<boolean> {
    this.problem = '';
    try {
      await act();
      return true;
    } catch (error) {
      this.problem = (error as Error).message;
      return false;
    }
  }
}

export const enrolments = new Enrolments();
