// People in their browsers: an administrator invites, a customer and a viewer of one room see their part and nothing else, and who is disabled is out.
import { accessibility, watch } from './browser.mjs';

const PASSWORD = 'four other words in a row';

function expect(holds, otherwise) {
  if (!holds) throw new Error(otherwise);
}

/** Invites somebody on the people's screen and returns the one-time link that it shows. */
async function invite(page, name, role, tick) {
  await page.goto('/people');
  const form = page.locator('form').filter({ has: page.locator('input[name=invite-name]') });
  await form.locator('input[name=invite-name]').fill(name);
  await form.locator('select[name=role]').selectOption(role);
  await form.locator('fieldset').getByLabel(tick).first().check();
  await form.getByRole('button', { name: 'Invite' }).click();
  const once = page.getByRole('status').locator('input');
  await once.waitFor();
  await page.getByTestId('person').filter({ hasText: name }).waitFor();
  return once.inputValue();
}

/** Comes in by a link in a browser of one's own. */
async function comeIn(browser, demo, link, manner) {
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

/** A screen as it stands: drawn, without complaints, readable by everybody. */
async function show(page, problems, folder, name, fits) {
  await page.waitForTimeout(500);
  await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(width <= fits, `the page is ${width} px wide`);
  const violations = await accessibility(page);
  expect(!violations.length, `axe-core:\n${violations.join('\n')}`);
  expect(!problems.length, problems.join('\n'));
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
  await customer?.context().close();
  await viewer?.context().close();
}
