// Those on call in their browsers: a rota and a ladder are put into the site, somebody stands in by the keyboard alone and by drawing over days, and the screen
// says who is on duty now.
import { accessibility, showAll, watch } from './browser.mjs';

/** In the place of the demo's own: a rota by which weekends are nobody's, and a ladder. */
const ROTA = `
[[person]]
id = "joris"
name = "Joris Bakker"
[[team]]
id = "operations"
name = "Operations"
members = ["sanne", "joris"]
[[rota]]
id = "nights"
name = "Nights and weekends"
team = "operations"
[[rota.layer]]
people = ["sanne", "joris"]
every = "week"
hand_over = "mon 09:00"
start = "2025-01-06"
hours = ["mon-fri 00:00-24:00"]
[[ladder]]
id = "rooms"
fallback = "joris"
[[ladder.step]]
whom = { rota = "nights" }
[[ladder.step]]
whom = { team = "operations" }
after = "5min"
[[ladder.step]]
whom = "everybody"
after = "10min"
`;

function expect(holds, otherwise) {
  if (!holds) throw new Error(otherwise);
}

async function configure(demo) {
  const revision = (await demo.get('site/revisions')).items[0].number;
  const { text } = await demo.get(`site/revisions/${revision}`);
  const without = text.replace(/\[\[person\]\]\s+id = "joris"[\s\S]*?(?=\[\[channel\]\])/, '').replace(/\n# Whoever is on duty at once[\s\S]*?(?=# The whole way of an alarm)/, '\n');
  const answer = await fetch(`${demo.url}/api/v1/site/revisions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${demo.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ base: revision, text: without + ROTA, comment: 'a rota' }),
  });
  expect(answer.ok, `${answer.status} ${await answer.text()}`);
}

/** From the top of the page to an override of two days, without a mouse. */
export async function standInByKeyboard(page, who, why) {
  const form = page.getByTestId('override-form');
  await page.locator('[data-day][tabindex="0"]').waitFor();
  // To the one day that Tab reaches.
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press('Tab');
    if (await page.evaluate(() => document.activeElement?.hasAttribute('data-day'))) break;
  }
  const day = () => page.evaluate(() => document.activeElement?.getAttribute('data-date'));
  expect(await day(), 'Tab does not reach the calendar');
  await page.keyboard.press('ArrowDown');
  const first = await day();
  await page.keyboard.press('Shift+ArrowRight');
  const last = await day();
  expect((await page.locator('[aria-selected=true]').count()) === 2, 'two days are not chosen');
  await page.keyboard.press('Enter');
  await form.waitFor();
  await page.keyboard.type(who);
  expect((await form.locator('input[name=from]').inputValue()) === `${first}T00:00`, 'it does not begin with the first day');
  expect((await form.locator('input[name=to]').inputValue()) > `${last}T23:59`, 'it does not end with the last day');
  while (!(await page.evaluate(() => document.activeElement?.getAttribute('name') === 'why'))) await page.keyboard.press('Tab');
  await page.keyboard.type(why);
  await page.keyboard.press('Enter');
  await page.getByTestId('override').getByText(why).waitFor();
  expect(await page.evaluate(() => document.activeElement?.hasAttribute('data-day')), 'the calendar has not the keyboard again');
}

export async function onCall({ demo, page, check, folder, manners }) {
  const problems = watch(page);
  const made = page.getByTestId('override');
  const form = page.getByTestId('override-form');
  await check('a rota shows who is on duty and which hours are nobody’s', async () => {
    await configure(demo);
    await page.goto('/on-call');
    await page.getByTestId('duty-now').filter({ hasText: 'Nights and weekends' }).waitFor();
    await page.getByText('nobody is on duty from').first().waitFor();
    await page.getByTestId('ladder').getByText('after 5 min').waitFor();
  });
  await check('somebody stands in by the keyboard alone', async () => {
    await standInByKeyboard(page, 'Joris', 'swap with Sanne');
    await made.filter({ hasText: 'Joris Bakker' }).getByText('swap with Sanne').waitFor();
  });
  await check('somebody stands in by drawing over days, and it is taken back', async () => {
    const [from, to] = await Promise.all([21, 23].map((day) => page.locator(`[data-day="${day}"]`).boundingBox()));
    await page.mouse.move(from.x + 20, from.y + 10);
    await page.mouse.down();
    await page.mouse.move(to.x + 20, to.y + 10, { steps: 8 });
    await page.mouse.up();
    await form.waitFor();
    await form.locator('input[name=why]').fill('by hand');
    await form.getByRole('button', { name: 'Stand in' }).click();
    const drawn = made.filter({ hasText: 'by hand' });
    await drawn.waitFor();
    page.once('dialog', (dialog) => dialog.accept());
    await drawn.getByRole('button', { name: 'Take back' }).click();
    await drawn.waitFor({ state: 'detached' });
  });
  await check('what cannot be is refused where it is asked', async () => {
    await page.locator('[data-day="30"]').click();
    await form.locator('input[name=to]').fill('2020-01-01T00:00');
    await form.getByRole('button', { name: 'Stand in' }).click();
    await form.getByRole('alert').getByText('which is not after its beginning').waitFor();
    await page.keyboard.press('Escape');
    await form.waitFor({ state: 'detached' });
    // The refusal itself was meant.
    problems.splice(0, problems.length, ...problems.filter((problem) => !problem.includes('422')));
  });
  await check('a test page says what came of it over each channel, and once a minute', async () => {
    await page.getByRole('button', { name: 'Send me a test' }).click();
    await page.getByTestId('tested').filter({ hasText: 'email' }).getByText('sent', { exact: true }).waitFor();
    const letters = (await demo.get('mailbox')).items.filter(({ subject }) => subject.startsWith('TEST: '));
    expect(letters.length === 1 && letters[0].text.includes('Nothing is wrong'), `${letters.length} letters say that they are a test`);
    await page.getByRole('button', { name: 'Send me a test' }).click();
    await page.getByRole('alert').getByText('less than a minute ago').waitFor();
    problems.splice(0, problems.length, ...problems.filter((problem) => !problem.includes('429')));
  });
  await check('a rota is handed over with what stands, what was noted and who stands in', async () => {
    await page.goto('/on-call');
    await page.getByRole('link', { name: 'Hand-over' }).click();
    await page.getByRole('heading', { name: 'Hand-over, Nights and weekends' }).waitFor();
    await page.getByText('swap with Sanne').waitFor();
    await showAll(page, problems, folder, 'hand-over', manners);
  });
  for (const { name: size, viewport } of manners)
    for (const colorScheme of ['light', 'dark'])
      await check(`on-call, ${size} px, ${colorScheme}`, async () => {
        await page.setViewportSize(viewport);
        await page.emulateMedia({ colorScheme });
        await page.goto('/on-call');
        await page.locator('[data-day]').first().waitFor();
        await made.first().waitFor();
        await page.waitForTimeout(500);
        await page.screenshot({ path: `${folder}/on-call-${size}-${colorScheme}.png`, fullPage: true });
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        expect(width <= viewport.width, `the page is ${width} px wide`);
        const violations = await accessibility(page);
        expect(!violations.length, `axe-core:\n${violations.join('\n')}`);
        expect(!problems.length, problems.join('\n'));
      });
  await page.setViewportSize(manners[0].viewport);
  await page.emulateMedia({ colorScheme: null });
}
