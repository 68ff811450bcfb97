// People in their browsers: an administrator invites, a customer and a viewer of one room see their part and nothing else, a code is asked for where a
// second factor is on, and who is disabled is out.
import { createHmac } from 'node:crypto';

import { photograph, show, showAll, watch } from './browser.mjs';

const PASSWORD = 'four other words in a row';

function expect(holds, otherwise) {
  if (!holds) throw new Error(otherwise);
}

/** Invites somebody on the people's screen and returns the one-time link that it shows. */
export async function invite(page, name, role, tick) {
  await page.goto('/people');
  const form = page.locator('form').filter({ has: page.locator('input[name=invite-name]') });
  await form.locator('input[name=invite-name]').fill(name);
  await form.locator('select[name=role]').selectOption(role);
  if (tick) await form.locator('fieldset').getByLabel(tick).first().check();
  await form.getByRole('button', { name: 'Invite' }).click();
  const once = page.getByRole('status').locator('input');
  await once.waitFor();
  await page.getByTestId('person').filter({ hasText: name }).waitFor();
  return once.inputValue();
}

/** Comes in by a link in a browser of one's own. */
export async function comeIn(browser, demo, link, manner) {
  const context = await browser.newContext({ ...manner, baseURL: demo.url, locale: 'en-GB', reducedMotion: 'reduce' });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  await page.goto(link);
  await page.locator('input[name=password]').fill(PASSWORD);
  await page.locator('input[name=repeat]').fill(PASSWORD);
  await page.getByRole('button', { name: 'Set the password and log in' }).click();
  await page.locator('#main').waitFor();
  await page.getByText('Services').locator('visible=true').first().waitFor();
  return page;
}

/** The code of RFC 6238 that a phone with this key shows so many steps from now. */
function code(key, steps) {
  const bits = [...key.replaceAll(' ', '')].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const seed = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const hash = createHmac('sha1', seed).update(counter).digest();
  const number = hash.readUInt32BE(hash[19] & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, '0');
}

/** Shows the password in a browser that is not logged in, up to the question for the code. */
async function showPassword(page, name, password) {
  await page.context().clearCookies();
  await page.goto('/');
  await page.locator('input[name=name]').fill(name);
  await page.locator('input[name=password]').fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.locator('input[name=code]').waitFor();
}

/** Types a code, and is in. */
async function enter(page, typed) {
  await page.locator('input[name=code]').fill(typed);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByTestId('room-card').first().waitFor();
}

/** Sets a second factor up, asks for it, loses the phone, and has it taken away by the administrator. */
async function secondFactor({ check, page, viewer, folder, manners }) {
  const sizes = [manners[0], manners[1]];
  const password = 'quite another four words';
  let key;
  let codes;
  await check('a second factor is set up with a picture and its first code', async () => {
    const complaints = watch(viewer);
    await viewer.goto('/account');
    await viewer.locator('input[name=second-password]').fill(password);
    await viewer.getByRole('button', { name: 'Set it up' }).click();
    await viewer.getByAltText('QR code with the key').waitFor();
    const picture = viewer.getByAltText('QR code with the key');
    const width = await picture.evaluate((image) => image.naturalWidth);
    expect(width >= 200, `the picture is ${width} px wide`);
    key = await viewer.getByTestId('second-key').textContent();
    for (const colorScheme of ['light', 'dark']) {
      await viewer.emulateMedia({ colorScheme });
      const read = await photograph(viewer, picture);
      const uri = new URL(read ?? 'nothing:');
      expect(uri.protocol === 'otpauth:' && uri.searchParams.get('secret') === key.replaceAll(' ', ''), `a phone reads ${read}`);
      expect(decodeURIComponent(uri.pathname).endsWith(':Vera'), `a phone shows ${uri.pathname}`);
    }
    await showAll(viewer, complaints, folder, 'second-picture', sizes);
    // The code before this one, so that this one and the next are still good.
    await viewer.locator('input[name=code]').fill(code(key, -1));
    await viewer.getByRole('button', { name: 'Turn it on' }).click();
    await viewer.getByTestId('recovery-codes').waitFor();
    codes = await viewer.getByTestId('recovery-codes').locator('code').allTextContents();
    expect(codes.length === 10, `there are ${codes.length} recovery codes`);
    await showAll(viewer, complaints, folder, 'second-codes', sizes);
    await viewer.getByRole('button', { name: 'I have kept them' }).click();
    await viewer.getByText('10 recovery codes are left').waitFor();
    await showAll(viewer, complaints, folder, 'second-on', sizes);
  });
  await check('a log-in asks for the code of the phone', async () => {
    await showPassword(viewer, 'Vera', password);
    await showAll(viewer, watch(viewer), folder, 'second-step', sizes);
    await viewer.locator('input[name=code]').fill('000000');
    await viewer.getByRole('button', { name: 'Log in' }).click();
    await viewer.getByText(/This code is/).waitFor();
    await enter(viewer, code(key, 0));
  });
  await check('who has lost the phone comes in by a recovery code, once', async () => {
    await showPassword(viewer, 'Vera', password);
    await viewer.getByRole('button', { name: 'The phone is lost' }).click();
    await show(viewer, [], folder, 'second-lost', manners[0].viewport.width);
    await enter(viewer, codes[0].toUpperCase());
    await showPassword(viewer, 'Vera', password);
    await viewer.getByRole('button', { name: 'The phone is lost' }).click();
    await viewer.locator('input[name=code]').fill(codes[0]);
    await viewer.getByRole('button', { name: 'Log in' }).click();
    await viewer.getByText('wrong or was used already').waitFor();
  });
  await check('an administrator takes the second factor of a lost phone away', async () => {
    page.once('dialog', (dialog) => dialog.accept());
    await page.goto('/people');
    const row = page.getByTestId('person').filter({ hasText: 'Vera' });
    await row.getByText('with a second factor').waitFor();
    await row.locator('summary').click();
    await row.getByRole('button', { name: 'Take the second factor away' }).click();
    await row.getByText('with a second factor').waitFor({ state: 'detached' });
    await viewer.context().clearCookies();
    await viewer.goto('/');
    await viewer.locator('input[name=name]').fill('Vera');
    await viewer.locator('input[name=password]').fill(password);
    await viewer.getByRole('button', { name: 'Log in' }).click();
    await viewer.getByTestId('room-card').first().waitFor();
  });
  await check('after a log-out the page has nothing left of the session', async () => {
    await viewer.evaluate(() => Object.assign(window, { kept: true }));
    await viewer.locator('details.user summary').click();
    await viewer.getByRole('button', { name: 'Log out' }).click();
    await viewer.locator('input[name=name]').fill('Vera');
    expect(!(await viewer.evaluate(() => 'kept' in window)), 'the page was not begun anew');
    await viewer.locator('input[name=password]').fill(password);
    await viewer.getByRole('button', { name: 'Log in' }).click();
    await viewer.getByTestId('room-card').first().waitFor();
  });
}

/** An auditor looks at who did what and takes it along, and is offered nothing to change. */
async function auditor({ browser, demo, check, page, folder, manners: [desk, phone] }) {
  await check('an auditor exports the audit log, and may change nothing', async () => {
    const link = await invite(page, 'Frank', 'auditor');
    const frank = await comeIn(browser, demo, link, desk);
    const complaints = watch(frank);
    await frank.goto('/audit');
    await frank.getByTestId('audit-line').filter({ hasText: 'invite somebody' }).first().waitFor();
    await show(frank, complaints, folder, 'auditor-1440', desk.viewport.width);
    const [download] = await Promise.all([frank.waitForEvent('download'), frank.getByRole('link', { name: /Export|JSON/ }).first().click()]);
    const chunks = [];
    for await (const chunk of await download.createReadStream()) chunks.push(chunk);
    const lines = Buffer.concat(chunks).toString().trim().split('\n').map((line) => JSON.parse(line));
    expect(lines.length > 10, `the export has ${lines.length} lines`);
    const shown = await frank.evaluate(async () => (await (await fetch('/api/v1/audit/export')).text()).includes('Frank'));
    expect(!shown, 'the export has a name in it');
    const ask = (method, path) =>
      frank.evaluate(async ([method, path]) => (await fetch(`/api/v1/${path}`, { method, headers: { 'x-plenum': '1' } })).status, [method, path]);
    for (const [method, path] of [['GET', 'people'], ['POST', 'people'], ['GET', 'tokens'], ['DELETE', 'people/1/sessions'], ['POST', 'dead-letters/retry']]) {
      const status = await ask(method, path);
      expect(status === 403, `${method} ${path} was answered ${status}`);
    }
    await frank.setViewportSize(phone.viewport);
    await frank.goto('/audit');
    await frank.getByTestId('audit-line').first().waitFor();
    await frank.screenshot({ path: `${folder}/auditor-390.png`, fullPage: true });
    await frank.context().close();
  });
}

export async function people({ browser, demo, page, check, folder, manners: [desk, phone], alarm }) {
  let customer;
  let viewer;
  await check('an administrator invites a customer, who sees its services and nothing else', async () => {
    const problems = watch(page);
    const link = await invite(page, 'Noor', 'customer', 'four customers');
    await show(page, problems, folder, 'people-1440', desk.viewport.width);
    customer = await comeIn(browser, demo, link, phone);
    const complaints = watch(customer);
    await customer.goto('/');
    await customer.getByText('Hosting Room B').locator('visible=true').first().waitFor();
    expect((await customer.getByText('Hosting Room A').count()) === 0, "it sees another customer's service");
    const links = await customer.locator('nav.tabs a').allTextContents();
    expect(links.map((text) => text.trim()).join() === 'Services,More', `it is offered ${links}`);
    await show(customer, complaints, folder, 'customer-390', phone.viewport.width);
    for (const path of ['alarms', 'site', 'latest', 'agents', 'people', 'live', 'site/revisions']) {
      const { status } = await customer.evaluate(async (asked) => ({ status: (await fetch(asked)).status }), `/api/v1/${path}`);
      expect(status === 403, `${path} was answered ${status}`);
    }
  });
  await check('a link works once', async () => {
    const link = await invite(page, 'Vera', 'viewer', 'Room B');
    viewer = await comeIn(browser, demo, link, desk);
    const late = await (await browser.newContext({ baseURL: demo.url, locale: 'en-GB' })).newPage();
    await late.goto(link);
    await late.getByText('This link was used or replaced').waitFor();
    await late.context().close();
  });
  await check('who is limited to a room sees it alone, and is offered no answer to alarms', async () => {
    const complaints = watch(viewer);
    await viewer.goto('/');
    await viewer.getByTestId('room-card').filter({ hasText: 'Room B' }).waitFor();
    expect((await viewer.getByTestId('room-card').count()) === 1, 'there is another room');
    await viewer.waitForTimeout(1500);
    expect(!(await viewer.getByTestId('lost-banner').isVisible()), 'it says that the server is lost');
    await show(viewer, complaints, folder, 'viewer-1440', desk.viewport.width);
    const { status } = await viewer.evaluate(async (asked) => ({ status: (await fetch(asked)).status }), `/api/v1/alarms/${alarm}`);
    expect(status === 404, `the alarm of the other room was answered ${status}`);
  });
  await check('one changes one\'s password and sees where one is logged in', async () => {
    const complaints = watch(viewer);
    await viewer.goto('/account');
    await viewer.locator('input[name=old]').fill(PASSWORD);
    await viewer.locator('input[name=password]').fill('quite another four words');
    await viewer.locator('input[name=repeat]').fill('quite another four words');
    await viewer.getByRole('button', { name: 'Change your password' }).click();
    await viewer.getByText('Your other sessions have ended').waitFor();
    await viewer.getByText('this browser').waitFor();
    await show(viewer, complaints, folder, 'account-1440', desk.viewport.width);
  });
  await check('another session of one\'s own ends with the password alone', async () => {
    const elsewhere = await (await browser.newContext({ baseURL: demo.url, locale: 'en-GB' })).newPage();
    elsewhere.setDefaultTimeout(20_000);
    await elsewhere.goto('/');
    await elsewhere.locator('input[name=name]').fill('Vera');
    await elsewhere.locator('input[name=password]').fill('quite another four words');
    await elsewhere.getByRole('button', { name: 'Log in' }).click();
    await elsewhere.getByTestId('room-card').first().waitFor();
    await viewer.goto('/account');
    const row = viewer.locator('li').filter({ hasText: 'last used' });
    await row.getByRole('button', { name: 'Log out' }).click();
    await row.locator('input[name=end-password]').fill('a guess');
    await row.getByRole('button', { name: 'End it' }).click();
    await row.getByText('The password is wrong').waitFor();
    await showAll(viewer, [], folder, 'account-ending', [desk, phone]);
    await row.locator('input[name=end-password]').fill('quite another four words');
    await row.getByRole('button', { name: 'End it' }).click();
    await row.waitFor({ state: 'detached' });
    await elsewhere.getByRole('button', { name: 'Log in' }).waitFor();
    await elsewhere.context().close();
  });
  await secondFactor({ check, page, viewer, folder, manners: [desk, phone] });
  await check('who is disabled is out at once', async () => {
    page.once('dialog', (dialog) => dialog.accept());
    await page.goto('/people');
    const row = page.getByTestId('person').filter({ hasText: 'Noor' });
    await row.locator('summary').click();
    await row.getByRole('button', { name: 'Disable' }).click();
    await row.getByText('may not log in').waitFor();
    await customer.goto('/');
    await customer.getByRole('button', { name: 'Log in' }).waitFor();
  });
  await auditor({ browser, demo, check, page, folder, manners: [desk, phone] });
  await check('the audit log says who was invited, and what was refused', async () => {
    const problems = watch(page);
    await page.goto('/audit');
    const lines = page.getByTestId('audit-line');
    await lines.filter({ hasText: 'invite somebody' }).filter({ hasText: 'Noor' }).first().waitFor();
    await lines.filter({ hasText: 'log in with the code' }).filter({ hasText: 'refused' }).first().waitFor();
    await showAll(page, problems, folder, 'audit', [desk, phone]);
  });
  await customer?.context().close();
  await viewer?.context().close();
}
