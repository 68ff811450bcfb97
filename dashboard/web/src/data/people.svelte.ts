// The people and tokens as an administrator sees them, and what is done to them.
import { get, getAll, send } from './api';
import type { GivenToken, InvitedPerson, Person, Role, Token } from './contract';

/** To what a role is limited, as the server takes it: only what goes with the role. */
export function limitsOf(role: Role, rooms: string[], customers: string[]): { rooms: string[]; customers: string[] } {
  return {
    rooms: role === 'viewer' || role === 'operator' ? rooms : [],
    customers: role === 'customer' ? customers : [],
  };
}

class People {
  people: Person[] = $state.raw([]);
  tokens: Token[] = $state.raw([]);
  loaded = $state(false);
  /** What is shown only once: whose it is and the text. */
  once: { kind: 'link' | 'secret'; name: string; text: string } | null = $state.raw(null);
  problem = $state('');

  async load(): Promise<void> {
    await this.attempt(async () => {
      [this.people, this.tokens] = await Promise.all([getAll<Person>('people'), getAll<Token>('tokens')]);
      this.loaded = true;
    });
  }

  async invite(name: string, role: Role, rooms: string[], customers: string[]): Promise<boolean> {
    return this.attempt(async () => {
      const body = { name, role, ...limitsOf(role, rooms, customers) };
      this.show(await send<InvitedPerson>('POST', 'people', body));
    });
  }

  async change(person: Person, body: unknown): Promise<boolean> {
    return this.attempt(() => send('PATCH', `people/${person.number}`, body));
  }

  /** Says what somebody is called and where they are reached. */
  async reach(person: Person, fullName: string, email: string): Promise<boolean> {
    return this.change(person, { full_name: fullName.trim(), addresses: [{ kind: 'email', address: email.trim() }] });
  }

  /** All that is kept about somebody, as a file. */
  async exported(person: Person): Promise<boolean> {
    return this.attempt(async () => {
      const kept = await get<unknown>(`people/${person.number}/export`);
      const url = URL.createObjectURL(new Blob([JSON.stringify(kept, null, 2)], { type: 'application/json' }));
      const link = Object.assign(document.createElement('a'), { href: url, download: `${person.name}.json` });
      link.click();
      URL.revokeObjectURL(url);
    });
  }

  async erase(person: Person): Promise<boolean> {
    return this.attempt(() => send('DELETE', `people/${person.number}`));
  }

  async reset(person: Person): Promise<boolean> {
    return this.attempt(async () => this.show(await send<InvitedPerson>('POST', `people/${person.number}/reset`)));
  }

  async resetSecond(person: Person): Promise<boolean> {
    return this.attempt(() => send('DELETE', `people/${person.number}/second-factor`));
  }

  async logOut(person: Person): Promise<boolean> {
    return this.attempt(() => send('DELETE', `people/${person.number}/sessions`));
  }

  async give(name: string, role: Role, rooms: string[], customers: string[], end: Date): Promise<boolean> {
    return this.attempt(async () => {
      const body = { name, role, ...limitsOf(role, rooms, customers), expires_at: end.toISOString() };
      const given = await send<GivenToken>('POST', 'tokens', body);
      this.once = { kind: 'secret', name, text: given.secret };
    });
  }

  async revoke(token: Token): Promise<boolean> {
    return this.attempt(() => send('DELETE', `tokens/${token.number}`));
  }

  private show(invited: InvitedPerson): void {
    this.once = { kind: 'link', name: invited.person.name, text: location.origin + invited.link };
  }

  /** Does something, says what was wrong with it, and looks again. */
  private async attempt(act: () => Promise<unknown>): Promise<boolean> {
    this.problem = '';
    try {
      await act();
      if (this.loaded) [this.people, this.tokens] = await Promise.all([getAll<Person>('people'), getAll<Token>('tokens')]);
      return true;
    } catch (error) {
      this.problem = (error as Error).message;
      return false;
    }
  }
}

export const people = new People();
