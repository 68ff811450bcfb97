// Drills of the alarm chain on the screen On call, and the sound of a screen: one is begun, its mail comes and begins with DRILL, somebody answers, and each leg has its time; the
// screen sounds for what is critical and for a server that is lost, and for no drill.
import { acknowledge, showAll, watch } from './browser.mjs';

function expect(holds, otherwise) {
  if (!holds) throw new Error(otherwise);
}

async function eventually(what, look, patience = 30_000) {
  const end = Date.now() + patience;
  let found;
  while (!(found = await look())) {
    expect(Date.now() < end, `no ${what} within ${patience / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return found;
}

/** Counts the tones that the page plays; `?deaf` in the address is a browser that lets none be heard. */
function ears() {
  window.tones = 0;
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...at) {
    window.tones += 1;
    return start.apply(this, at);
  };
  if (!location.search.includes('deaf')) return;
  AudioContext.prototype.resume = () => new Promise(() => undefined);
  Object.defineProperty(AudioContext.prototype, 'state', { get: () => 'suspended' });
}

const tones = (page) => page.evaluate(() => window.tones);

export async function drills({ demo, page, check, folder, manners }) {
  const problems = watch(page);
  const run = page.getByTestId('drill-run').first();
  await check('a drill is begun on the screen On call and its mail begins with DRILL', async () => {
    await page.goto('/on-call');
    const drill = page.getByTestId('drill').filter({ hasText: 'chain' });
    await drill.getByText('never held').waitFor();
    page.once('dialog', (dialog) => dialog.accept());
    await drill.getByRole('button', { name: 'Hold it now' }).click();
    await run.getByText('goes on').waitFor();
    await run.getByText('taken by the provider').first().waitFor({ timeout: 60_000 });
    await eventually('mail', async () => (await demo.get('mailbox')).items.some(({ subject }) => subject.startsWith('DRILL CRITICAL')));
    expect(await drill.getByRole('button', { name: 'Hold it now' }).isDisabled(), 'a second one can be begun beside it');
  });
  await showAllOf('drill-goes-on');
  await check('the list of alarms shows it apart and the counts do not have it', async () => {
    await page.goto('/alarms');
    await page.getByRole('heading', { name: 'Drill: nothing is wrong' }).waitFor();
    const { items } = await demo.get('alarms?state=active');
    const drill = items.find((alarm) => alarm.drill);
    const row = page.locator(`[data-testid=alarm-row][data-alarm="${drill.id}"]`);
    await row.waitFor();
    const title = await page.title();
    const waiting = items.filter((alarm) => !alarm.drill && alarm.state === 'active-unacknowledged').length;
    expect(title.startsWith(waiting ? `(${waiting})` : 'Alarms'), `${waiting} wait, and the title is ${title}`);
    await acknowledge(page, drill.id, 'the telephone rang');
  });
  await check('somebody answered, and each leg has its time', async () => {
    await page.goto('/on-call');
    await page.locator('[data-testid=drill-run][data-state=passed]').waitFor({ timeout: 60_000 });
    if (!(await run.getAttribute('open'))) await run.locator('summary').click();
    for (const leg of ['agent asked', 'stored', 'alarm raised', 'message written', 'taken by the provider', 'answered', 'ended'])
      await run.getByText(leg, { exact: false }).first().waitFor();
    expect(/\d+\.\d s/.test(await run.locator('summary').innerText()), await run.locator('summary').innerText());
  });
  await showAllOf('drills');

  await check('a screen sounds for what is critical until it is silenced, and not for a drill', async () => {
    const sounding = await page.context().newPage();
    sounding.setDefaultTimeout(20_000);
    await sounding.addInitScript(ears);
    let critical = false;
    // The list as it would be with one more: the demo's own story is where it is.
    await sounding.route('**/api/v1/alarms?state=all*', async (route) => {
      const answer = await route.fetch();
      const list = await answer.json();
      for (const alarm of list.items) if (alarm.state === 'active-unacknowledged') alarm.state = 'active-acknowledged';
      const one = { ...list.items[0], state: 'active-unacknowledged', priority: 'critical', rule: 'water', name: 'Water', returned_at: null, room: null };
      list.items = [...list.items, { ...one, id: 900_001, drill: true }, ...(critical ? [{ ...one, id: 900_002, drill: false }] : [])];
      await route.fulfill({ response: answer, json: list });
    });
    await sounding.goto('/');
    const mark = sounding.getByTestId('sound');
    expect((await mark.getAttribute('aria-pressed')) === 'false', 'it is on without anybody having asked for it');
    await mark.click();
    await eventually('tone that says that it is on', async () => (await tones(sounding)) > 0);
    const before = await tones(sounding);
    await sounding.waitForTimeout(5_000);
    expect((await tones(sounding)) === before, 'it sounds for a drill');
    critical = true;
    await sounding.reload();
    await sounding.mouse.click(5, 400);
    await sounding.getByTestId('sounding').getByText('critical alarm').waitFor();
    await eventually('sound', async () => (await tones(sounding)) >= 8);
    await sounding.screenshot({ path: `${folder}/sounding-1440.png` });
    await sounding.setViewportSize({ width: 390, height: 844 });
    await sounding.screenshot({ path: `${folder}/sounding-390.png` });
    await sounding.getByRole('button', { name: 'Silence for 5 min' }).click();
    await sounding.getByTestId('silenced').waitFor();
    const silent = await tones(sounding);
    await sounding.waitForTimeout(5_000);
    expect((await tones(sounding)) === silent, 'it sounds on');
    await sounding.getByRole('button', { name: 'Sound again' }).click();
    await eventually('sound again', async () => (await tones(sounding)) > silent);
    await sounding.close();
  });
  await check('a screen that has lost the server sounds, and one whose browser lets it not says so', async () => {
    const lost = await page.context().newPage();
    lost.setDefaultTimeout(20_000);
    await lost.addInitScript(ears);
    await lost.goto('/?deaf');
    await lost.getByTestId('sound-refused').waitFor();
    await lost.screenshot({ path: `${folder}/sound-refused-1440.png` });
    await lost.goto('/on-call');
    await lost.mouse.click(5, 400);
    await lost.context().setOffline(true);
    await lost.getByTestId('sounding').getByText('no contact with the server').waitFor({ timeout: 40_000 });
    const before = await tones(lost);
    await eventually('sound', async () => (await tones(lost)) > before);
    await lost.context().setOffline(false);
    await lost.getByTestId('lost-banner').waitFor({ state: 'detached' });
    await lost.getByTestId('sound').click();
    expect((await lost.getByTestId('sound').getAttribute('aria-pressed')) === 'false', 'it cannot be turned off');
    await lost.close();
  });

  async function showAllOf(name) {
    await check(`${name}, on a desk and on a phone`, () => showAll(page, problems, folder, name, manners));
  }
}
