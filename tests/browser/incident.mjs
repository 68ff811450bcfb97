// The night of an incident: the one on duty opens the link of the message on a phone and has it in two taps; a colleague sees on the incident's page who has it, who was told
// and what happened, and notes what they know.
import { showAll, watch } from './browser.mjs';
import { comeIn, invite } from './people.mjs';

const NOTE = 'AC 1 hums and does not turn.\nThe contractor comes at eight.';

function expect(holds, otherwise) {
  if (!holds) throw new Error(otherwise);
}

/** The newest letter to Sanne with a link, of those whose subject has this in it. */
async function linkFrom(demo, subject) {
  const { items } = await demo.get('mailbox');
  const letters = items.filter((letter) => letter.subject.includes(subject) && letter.to.join().startsWith('sanne@'));
  const link = letters.map(({ text }) => /https?:\/\/\S+\/a\/\S+/.exec(text)?.[0]).find(Boolean);
  expect(link, `no letter of ${letters.map((letter) => letter.subject).join(' · ')} has a link`);
  return link;
}

export async function incident({ browser, demo, page, check, folder, manners, alarm }) {
  const phone = manners[1];
  const { incident: number } = await demo.get(`alarms/${alarm}`);
  await check('the message’s link acknowledges in two taps on a phone', async () => {
    const context = await browser.newContext({ ...phone, hasTouch: true, baseURL: demo.url, locale: 'en-GB' });
    const own = await context.newPage();
    own.setDefaultTimeout(20_000);
    const problems = watch(own);
    const link = new URL(await linkFrom(demo, `[${alarm}]`));
    // The first tap is that on the link, in the mail program.
    await own.goto(link.pathname);
    await own.screenshot({ path: `${folder}/link-${phone.name}.png` });
    await own.getByRole('button', { name: 'I am on it' }).tap();
    await own.getByText(/^You have (it|all \d+)\. The others can see that\.$/).waitFor();
    expect(!problems.length, problems.join('\n'));
    const { state } = await demo.get(`alarms/${alarm}`);
    expect(state === 'active-acknowledged', `it is ${state}`);
    await context.close();
  });
  let other;
  await check('a colleague sees on the incident’s page who has it and who was told', async () => {
    other = await comeIn(browser, demo, await invite(page, 'Joris', 'operator'), manners[0]);
    const problems = watch(other);
    await other.goto(`/alarms/${alarm}`);
    await other.getByRole('link', { name: `Incident ${number}` }).click();
    await other.waitForURL(`**/incidents/${number}`);
    await other.getByTestId('who-has-it').filter({ hasText: 'Sanne de Boer' }).waitFor();
    await other.getByTestId('told').filter({ hasText: 'Sanne de Boer' }).first().waitFor();
    await other.getByTestId('call').filter({ hasText: 'nobody else is called' }).waitFor();
    await other.getByTestId('timeline-alarm').filter({ hasText: 'Acknowledged' }).first().waitFor();
    expect(!problems.length, problems.join('\n'));
  });
  await check('what a colleague notes is there for the others at once', async () => {
    await page.goto(`/incidents/${number}`);
    await page.getByTestId('who-has-it').waitFor();
    await other.getByTestId('note').fill(NOTE);
    await other.getByRole('button', { name: 'Note it' }).click();
    await page.getByTestId('timeline-note').filter({ hasText: 'The contractor comes at eight.' }).waitFor({ timeout: 5_000 });
    const file = await page.request.get(`/api/v1/incidents/${number}/export`);
    expect((await file.text()).includes('> The contractor comes at eight.'), 'the file lacks the note');
  });
  await check('the incident’s page can be read by everybody, on a desk and on a phone', async () => {
    const problems = watch(page);
    await showAll(page, problems, folder, 'incident', manners);
  });
  await other?.context().close();
}
