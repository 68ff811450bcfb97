// A fire test as whoever does it says it: on the room's screen on a phone, by the keyboard alone; seen on the floor plan, the overview's card and the alarms' rows; ended, and found among what is over.
import { showAll, watch } from './browser.mjs';

function expect(holds, otherwise) {
  if (!holds) throw new Error(otherwise);
}

const REASON = 'fire test by the installer';

/** Goes on by Tab until this has the focus. */
async function tabTo(page, what) {
  for (let step = 0; step < 80; step += 1) {
    if (await what.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`no Tab leads to ${what}`);
}

export async function work({ demo, page, check, folder, manners }) {
  const [desk, phone] = manners;
  const problems = watch(page);
  let number;
  await check('work is said on the room’s screen on a phone, by the keyboard alone', async () => {
    await page.setViewportSize(phone.viewport);
    await page.goto('/rooms/room-a');
    const form = page.getByTestId('work-form');
    const summary = form.locator('summary');
    await summary.waitFor();
    await summary.focus();
    await page.keyboard.press('Enter');
    await tabTo(page, form.locator('input[value=cooling]'));
    await page.keyboard.press('Space');
    await tabTo(page, form.locator('input[value=smoke]'));
    await page.keyboard.press('Space');
    await tabTo(page, form.getByTestId('work-reason'));
    await page.keyboard.type(REASON);
    await page.keyboard.press('Enter');
    const note = page.getByTestId('work').filter({ hasText: REASON });
    await note.getByText('Nobody is told of: smoke, cooling.').waitFor();
    number = Number(await note.getAttribute('data-work'));
  });
  await check('it is on the floor plan: a hatched frame, and in words what nobody is told of, and until when', async () => {
    const drawn = page.getByTestId('plan-work');
    await drawn.getByText(/^Work in progress until \d\d:\d\d$/).waitFor();
    await drawn.getByText('Nobody is told of: smoke, cooling.').waitFor();
    expect((await drawn.locator('.frame').count()) === 1, 'there is no frame');
    await showAll(page, problems, folder, 'work-room', manners);
  });
  await check('it is on the overview’s card, and on that of its room alone', async () => {
    await page.goto('/');
    const card = (name) => page.getByTestId('room-card').filter({ has: page.getByRole('heading', { name }) });
    await card('Room A').getByText(REASON).waitFor();
    expect((await card('Room B').getByText(REASON).count()) === 0, 'Room B says it too');
    await showAll(page, problems, folder, 'work-overview', manners);
  });
  await check('what it does not name wakes all the same, and its row says that work goes on there', async () => {
    const standing = (await demo.get('alarms?state=active')).items.filter(({ room, state }) => room === 'room-a' && /unacknowledged|acknowledged/.test(state));
    await page.goto('/alarms');
    await page.getByTestId('alarm-row').first().waitFor().catch(() => undefined);
    for (const { id } of standing) await page.locator(`[data-testid=alarm-row][data-alarm="${id}"]`).getByTestId('during-work').filter({ hasText: REASON }).waitFor();
    await showAll(page, problems, folder, 'work-alarms', manners);
  });
  await check('it is ended by the keyboard, and found among what is over, with who did it', async () => {
    await page.setViewportSize(phone.viewport);
    await page.goto('/alarms/work');
    const end = page.locator(`[data-work="${number}"]`).getByTestId('work-end');
    await end.focus();
    await page.keyboard.press('Enter');
    const over = page.getByTestId('work-ended').filter({ hasText: REASON });
    await over.waitFor();
    await over.getByText('Room A, Sanne de Boer').waitFor();
    await over.getByText(/ended by Sanne de Boer\. Nobody was to be told of: smoke, cooling\./).waitFor();
    const { items } = await demo.get('work/ended');
    const { came } = items.find((item) => item.work.number === number);
    await over.getByTestId('came').nth(Math.max(0, came.length - 1)).waitFor({ state: came.length ? 'visible' : 'hidden' });
    await showAll(page, problems, folder, 'work-over', manners);
  });
  await check('and the floor plan has no frame any more', async () => {
    await page.goto('/rooms/room-a');
    await page.getByRole('img', { name: /^Floor plan/ }).waitFor();
    expect((await page.getByTestId('plan-work').count()) === 0, 'the frame is there still');
    expect(!problems.length, problems.join('\n'));
  });
  await page.setViewportSize(desk.viewport);
}
