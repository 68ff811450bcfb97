// Single sign-on in Chromium, against a real provider: npm's `oidc-provider`, with each way of signing in turn. `plenum serve` runs on a port of its own.
import { spawn } from 'node:child_process';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { accessibility, makeAccount, watch } from './browser.mjs';

const PASSWORD = 'four words in a row';
const SECRET = 'a secret & more';
/** Who is in which groups there. */
const GROUPS = { Joris: ['staff', 'server-room'], Els: ['staff'] };
/** What each way of signing needs of a key. */
const KEYS = {
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: () => generateKeyPairSync('ed25519'),
};

function expect(holds, otherwise) {
  if (!holds) throw new Error(otherwise);
}

/** A port that is free now. */
function freePort() {
  return new Promise((resolve, reject) => {
    const socket = createSocket().once('error', reject);
    socket.listen(0, '127.0.0.1', () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}

/** The provider, which signs by one key. Its name is another site's than Plenum's: `localhost` and not 127.0.0.1. */
class Provider {
  static async start(port, home, algorithm) {
    const { default: Oidc } = await import(new URL('../../dashboard/web/node_modules/oidc-provider/lib/index.js', import.meta.url));
    const key = KEYS[algorithm]().privateKey.export({ format: 'jwk' });
    const oidc = new Oidc(`http://localhost:${port}`, {
      clients: [
        {
          client_id: 'plenum',
          client_secret: SECRET,
          redirect_uris: [home],
          post_logout_redirect_uris: [new URL('/', home).href],
          response_types: ['code'],
          grant_types: ['authorization_code'],
          id_token_signed_response_alg: algorithm,
        },
      ],
      enabledJWA: { idTokenSigningAlgValues: Object.keys(KEYS) },
      jwks: { keys: [{ ...key, kid: randomUUID(), use: 'sig', alg: algorithm }] },
      cookies: { keys: [randomUUID()] },
      claims: { openid: ['sub'], profile: ['preferred_username', 'groups'] },
      // Name and groups stand in the ID token itself, as Plenum wants it.
      conformIdTokenClaims: false,
      pkce: { required: () => true },
      findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, preferred_username: id, groups: GROUPS[id] ?? [] }) }),
    });
    const provider = new Provider();
    provider.server = createServer(oidc.callback());
    await new Promise((resolve) => provider.server.listen(port, 'localhost', resolve));
    return provider;
  }

  stop() {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }
}

/** `plenum serve` with this provider. */
class Plenum {
  output = '';

  static async start(program, port, issuer) {
    const plenum = new Plenum();
    plenum.url = `http://127.0.0.1:${port}`;
    plenum.folder = mkdtempSync(join(tmpdir(), 'plenum-sign-on-'));
    const file = (name, text) => writeFileSync(join(plenum.folder, name), text);
    file('secret', `${SECRET}\n`);
    file('site.toml', '[site]\nid = "zaandam"\nname = "Zaandam"\nzone = "Europe/Amsterdam"\n[[room]]\nid = "room-a"\nname = "Room A"\n');
    file(
      'collector.toml',
      `data = "data"
site = "site.toml"
[http]
listen = "127.0.0.1:${port}"
base_url = "${plenum.url}"
[broker]
listen = "127.0.0.1:0"
[people.single_sign_on]
issuer = "${issuer}"
client_id = "plenum"
client_secret_file = "secret"
button = "Example ID"
log_out_at_provider = true
[[people.single_sign_on.group]]
group = "server-room"
role = "operator"
`,
    );
    const { PLENUM_DATA: _data, RUNTIME_DIRECTORY: _unit, XDG_RUNTIME_DIR: _user, ...env } = process.env;
    plenum.process = spawn(program, ['serve', '--config', join(plenum.folder, 'collector.toml')], { env });
    plenum.ended = new Promise((resolve) => plenum.process.once('exit', resolve));
    for (const stream of [plenum.process.stdout, plenum.process.stderr]) stream.on('data', (text) => (plenum.output += text));
    const end = Date.now() + 60_000;
    while (!plenum.link) {
      if (Date.now() > end || plenum.process.exitCode !== null) throw new Error(`plenum serve did not come up:\n${plenum.output}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
      plenum.link = /(http\S+\/first#\S+)/.exec(plenum.output)?.[1];
    }
    return plenum;
  }

  async stop() {
    this.process.kill('SIGINT');
    await this.ended;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A screen as it stands, on a desk and on a phone: drawn, within its width, readable by everybody. */
async function show(page, folder, name, manners) {
  for (const { name: size, viewport } of manners) {
    await page.setViewportSize(viewport);
    await page.waitForTimeout(300);
    await page.screenshot({ path: `${folder}/${name}-${size}.png`, fullPage: true });
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width <= viewport.width, `${name}: the page is ${width} px wide`);
    const violations = await accessibility(page);
    expect(!violations.length, `axe-core:\n${violations.join('\n')}`);
  }
  await page.setViewportSize(manners[0].viewport);
}

/** Logs in at the provider, and agrees to what it asks. */
async function logInThere(page, name) {
  await page.locator('input[name=login]').fill(name);
  await page.locator('input[name=password]').fill('anything');
  await page.locator('button[type=submit]').click();
  await page.getByRole('button', { name: 'Continue' }).click();
}

/** Goes to the provider by the button. */
async function go(page, plenum) {
  await page.goto(plenum.url);
  await page.getByRole('button', { name: 'Log in with Example ID' }).click();
}

export async function signOn({ browser, check, folder, manners, program }) {
  const [port, providerPort] = [await freePort(), await freePort()];
  const home = `http://127.0.0.1:${port}/signed-on`;
  let provider = await Provider.start(providerPort, home, 'RS256');
  const plenum = await Plenum.start(program, port, `http://localhost:${providerPort}`);
  const visitor = async () => {
    const context = await browser.newContext({ viewport: manners[0].viewport, locale: 'en-GB', reducedMotion: 'reduce' });
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    return page;
  };
  try {
    const admin = await visitor();
    await makeAccount(admin, plenum.link, 'Sanne', PASSWORD);
    const joris = await visitor();
    await check('somebody comes by single sign-on, with what their group gives', async () => {
      await joris.goto(plenum.url);
      await joris.getByRole('button', { name: 'Log in with Example ID' }).waitFor();
      await show(joris, folder, 'sign-on', manners);
      await go(joris, plenum);
      await logInThere(joris, 'Joris');
      await joris.locator('#main').waitFor();
      await joris.getByText('Room A').first().waitFor();
      expect(new URL(joris.url()).pathname + new URL(joris.url()).search === '/', `the address is ${joris.url()}`);
      const problems = watch(joris);
      await joris.goto(`${plenum.url}/account`);
      await joris.getByText('Joris, operator').waitFor();
      await joris.getByText('You come by single sign-on').waitFor();
      expect((await joris.locator('input[name=old]').count()) === 0, 'a password is asked for');
      await show(joris, folder, 'sign-on-account', manners);
      expect(!problems.length, problems.join('\n'));
    });
    await check('a log-in that came back does not come back again', async () => {
      const seen = [];
      const other = await visitor();
      other.on('request', (request) => request.url().startsWith(home) && seen.push(request.url()));
      await go(other, plenum);
      await logInThere(other, 'Joris');
      await other.getByText('Room A').first().waitFor();
      await other.context().clearCookies();
      await other.goto(seen[0]);
      await other.getByText('Begin again').waitFor();
      await show(other, folder, 'sign-on-again', manners);
      await other.context().close();
    });
    await check('a log-out goes on to the provider, and comes back to a log-in that asks again', async () => {
      const other = await visitor();
      await go(other, plenum);
      await logInThere(other, 'Joris');
      await other.getByText('Room A').first().waitFor();
      await other.locator('details.user summary').click();
      await other.getByRole('button', { name: 'Log out' }).click();
      await other.waitForURL((url) => url.port === String(providerPort));
      await other.getByRole('button', { name: 'Yes, sign me out' }).click();
      await other.waitForURL(`${plenum.url}/`);
      await other.getByRole('button', { name: 'Log in with Example ID' }).click();
      await other.locator('input[name=login]').waitFor();
      await other.context().close();
    });
    await check('who is in no group is told so, in both languages', async () => {
      const els = await visitor();
      await go(els, plenum);
      await logInThere(els, 'Els');
      await els.getByText('None of your groups at the provider gives you a role here').waitFor();
      await show(els, folder, 'sign-on-no-role', manners);
      await els.getByRole('button', { name: 'Nederlands' }).click();
      await els.getByText('Geen van uw groepen bij de aanbieder geeft u hier een rol').waitFor();
      await els.context().close();
    });
    await check('an administrator sees who comes so, and keeps them out', async () => {
      const problems = watch(admin);
      await admin.goto(`${plenum.url}/people`);
      const row = admin.getByTestId('person').filter({ hasText: 'Joris' });
      await row.getByText('comes by single sign-on').waitFor();
      await row.locator('summary').click();
      await row.getByText('follows from their groups').waitFor();
      await show(admin, folder, 'sign-on-people', manners);
      admin.once('dialog', (dialog) => dialog.accept());
      await row.getByRole('button', { name: 'Disable' }).click();
      await row.getByText('may not log in').waitFor();
      await joris.goto(plenum.url);
      await joris.getByRole('button', { name: 'Log in with Example ID' }).click();
      await joris.getByText('has disabled you here').waitFor();
      await row.locator('summary').click();
      await row.getByRole('button', { name: 'Enable' }).click();
      await row.getByText('comes by single sign-on').waitFor();
      await admin.goto(`${plenum.url}/audit`);
      await admin.getByTestId('audit-line').filter({ hasText: 'log in by single sign-on' }).filter({ hasText: 'no group gives a role' }).first().waitFor();
      expect(!problems.length, problems.join('\n'));
    });
    for (const algorithm of ['ES256', 'EdDSA'])
      await check(`a provider that has changed its key, to ${algorithm}, goes on letting people in`, async () => {
        await provider.stop();
        provider = await Provider.start(providerPort, home, algorithm);
        // An unknown key is asked for every five seconds at most.
        await new Promise((resolve) => setTimeout(resolve, 5_100));
        const other = await visitor();
        await go(other, plenum);
        await logInThere(other, 'Joris');
        await other.getByText('Room A').first().waitFor();
        await other.context().close();
      });
    await check('with the provider down a password lets in, and the log-in says so', async () => {
      await provider.stop();
      const other = await visitor();
      await other.goto(plenum.url);
      // What is known of the provider is kept, so the browser is sent there: its coming back is what fails.
      const begun = await other.evaluate(async () => (await fetch('/api/v1/sessions/single-sign-on', { method: 'POST' })).json());
      const state = new URL(begun.address).searchParams.get('state');
      const issuer = encodeURIComponent(`http://localhost:${providerPort}`);
      await other.goto(`${home}?state=${state}&code=anything&iss=${issuer}`);
      await other.getByText('The provider does not answer').waitFor();
      await show(other, folder, 'sign-on-down', manners);
      await other.getByRole('link', { name: 'To the log-in' }).click();
      await other.locator('input[name=name]').fill('Sanne');
      await other.locator('input[name=password]').fill(PASSWORD);
      await other.getByRole('button', { name: 'Log in', exact: true }).click();
      await other.getByText('Room A').first().waitFor();
      await other.context().close();
    });
    await admin.context().close();
    await joris.context().close();
  } finally {
    await provider.stop();
    await plenum.stop();
  }
}
