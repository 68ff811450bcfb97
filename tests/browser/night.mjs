// A night of two people and the day after it: the first has the incident in two taps on a phone, from the mail, and passes it on; the second reads by whom, takes it, and everybody
// sees who has it; they pass it back by name on the incident's page. Then somebody stands in, by the keyboard alone. Each page is looked at on a desk and on a phone, light and dark.
import { show, showAll, watch } from './browser.mjs';
import { standInByKeyboard } from './on_call.mjs';
import { comeIn, invite } from './people.mjs';

function expect(holds, otherwise) {
  if (!holds) throw new Error(otherwise);
}

/** The newest letter to somebody with a link that says this. */
async function letterTo(demo, who, text) {
  const end = Date.now() + 20_000;
  for (;;) {
    const { items } = await demo.get('mailbox');
    const letters = items.filter((letter) => letter.to.join().startsWith(`${who}@`) && letter.text.includes(text));
    const links = letters.map((letter) => /https?:\/\/\S+\/a\/\S+/.exec(letter.text)?.[0]).filter(Boolean);
    if (links.length) return new URL(links[0]).pathname;
    expect(Date.now() < end, `no letter to ${who} says "${text}": ${items.map((letter) => `${letter.to} ${letter.subject}`).join(' · ')}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** A telephone on which nobody is logged in. */
async function telephone(browser, demo, manner) {
  const context = await browser.newContext({ ...manner, hasTouch: true, baseURL: demo.url, locale: 'en-GB' });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  return page;
}

const HAS_IT = /^You have (it|all \d+)\. The others can see that\.$/;

export async function night({ browser, demo, page, check, folder, manners, alarm }) {
  const [desk, phone] = manners;
  const { incident: number } = await demo.get(`alarms/${alarm}`);
  const first = await telephone(browser, demo, phone);
  let link;
  const problems = watch(first);
  await check('the message’s link acknowledges in two taps on a phone', async () => {
    // The first tap is that on the link, in the mail program.
    link = await letterTo(demo, 'sanne', `/alarms/${alarm}`);
    await first.goto(link);
    await showAll(first, problems, folder, 'link', manners);
    await first.setViewportSize(phone.viewport);
    await first.getByRole('button', { name: 'I am on it' }).tap();
    await first.getByText(HAS_IT).waitFor();
    const { items } = await demo.get('alarms?state=active');
    const taken = items.filter((one) => one.incident === number && one.acknowledged?.by === 'Sanne de Boer');
    expect(taken.length, `nothing of it is hers: ${JSON.stringify(items)}`);
    await showAll(first, problems, folder, 'link-taken', manners);
  });
  await check('who has it passes it on with the next tap, which counts once', async () => {
    await first.setViewportSize(phone.viewport);
    const again = await first.context().newPage();
    await again.goto(link);
    await first.getByRole('button', { name: 'Pass it on' }).tap();
    await first.getByText('Passed on: somebody else is called now.').waitFor();
    await first.getByText('Called now: Joris Bakker.').waitFor();
    await again.getByRole('button', { name: 'Pass it on' }).tap();
    await again.getByText('Noted that it is not yours.').waitFor();
    await again.close();
    await showAll(first, problems, folder, 'link-passed', manners);
    const { events } = await demo.get(`incidents/${number}/call`);
    const passed = events.filter(({ said }) => said.startsWith('Sanne de Boer passes it on'));
    expect(passed.length === 1, `the call says ${JSON.stringify(events)}`);
  });
  const second = await telephone(browser, demo, phone);
  await check('whoever is next gets the message, reads who passed it on, and has it in two taps', async () => {
    await second.goto(await letterTo(demo, 'joris', 'Sanne de Boer passed it on at'));
    await second.getByText('Sanne de Boer passed it on at').waitFor();
    await showAll(second, watch(second), folder, 'link-next', manners);
    await second.setViewportSize(phone.viewport);
    await second.getByRole('button', { name: 'I am on it' }).tap();
    await second.getByText(HAS_IT).waitFor();
    await first.goto(link);
    await first.getByText('Joris Bakker has it since').waitFor();
  });
  let other;
  await check('the second sees on the incident’s page who has it, on the phone', async () => {
    other = await comeIn(browser, demo, await invite(page, 'Joris', 'operator'), phone);
    const complaints = watch(other);
    await other.goto(`/incidents/${number}`);
    await other.getByTestId('who-has-it').filter({ hasText: 'Joris Bakker' }).waitFor();
    await other.getByText('Sanne de Boer passes it on').waitFor();
    await showAll(other, complaints, folder, 'incident-passed', manners);
  });
  await check('it is passed on by name on the incident’s page, and who passed it on has it no longer', async () => {
    const form = other.getByTestId('pass-on');
    await form.locator('select').selectOption({ label: 'Sanne de Boer' }).catch(() => undefined);
    await form.getByRole('button').click();
    await other.getByText('Called now: Sanne de Boer.').waitFor();
    await other.getByTestId('who-has-it').filter({ hasText: 'nobody has it' }).waitFor();
    await show(other, watch(other), folder, 'incident-passed-back', desk.viewport.width);
    await first.goto(await letterTo(demo, 'sanne', 'Joris Bakker passed it on at'));
    await first.getByRole('button', { name: 'I am on it' }).tap();
    await first.getByText(HAS_IT).waitFor();
    await page.goto(`/incidents/${number}`);
    await page.getByTestId('who-has-it').filter({ hasText: 'Sanne de Boer' }).waitFor();
    expect(!problems.length, problems.join('\n'));
  });
  await check('the day after somebody stands in, by the keyboard alone', async () => {
    const complaints = watch(page);
    await page.goto('/on-call');
    await standInByKeyboard(page, 'Joris', 'a bad night');
    const made = page.getByTestId('override').filter({ hasText: 'a bad night' });
    await made.getByText('Joris Bakker').waitFor();
    await showAll(page, complaints, folder, 'stands-in', manners);
    page.once('dialog', (dialog) => dialog.accept());
    await made.getByRole('button', { name: 'Take back' }).click();
    await made.waitFor({ state: 'detached' });
  });
  await first.context().close();
  await second.context().close();
  return other;
}
