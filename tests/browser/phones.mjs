// The demo's telephones: the text that calls Sanne stands on hers, and what is answered there goes over the air to the monitor's modem and is answered in the thread. By keyboard.
import { showAll, watch } from './browser.mjs';

function expect(holds, otherwise) {
  if (!holds) throw new Error(otherwise);
}

export async function phones({ demo, page, check, folder, manners, alarm }) {
  const problems = watch(page);
  const sanne = page.locator('[data-testid=phone][data-person=sanne]');
  await check('the text that calls somebody stands on their telephone, and offers its answers', async () => {
    await page.goto('/messages');
    await sanne.getByTestId('text').filter({ hasText: `CRITICAL Room A cooling failing` }).first().waitFor();
    for (const answer of [`OK ${alarm}`, `NO ${alarm}`, 'STATUS']) await sanne.getByRole('button', { name: answer, exact: true }).waitFor();
    await showAll(page, problems, folder, 'phones', manners);
  });
  await check('its delivery is proved: the telephone said that it has it', async () => {
    const { incident } = await demo.get(`alarms/${alarm}`);
    const { items } = await demo.get(`incidents/${incident}/timeline`);
    const texts = items.map(({ message }) => message).filter((message) => message?.channel === 'sms-duty' && message.to === 'sanne' && message.state !== 'waiting');
    expect(texts.length && texts.every(({ state, error }) => state === 'sent' && !error), JSON.stringify(texts));
  });
  await check('an answer by one button, and one that is written, are answered in the thread', async () => {
    await sanne.getByRole('button', { name: 'STATUS', exact: true }).focus();
    await page.keyboard.press('Enter');
    await sanne.getByTestId('text').filter({ hasText: 'Alarms that stand:' }).waitFor();
    await sanne.getByTestId('answer-text').focus();
    await page.keyboard.type('who is on the train?');
    await page.keyboard.press('Enter');
    await sanne.getByTestId('text').filter({ hasText: 'Not understood.' }).waitFor();
    expect((await sanne.getByTestId('answer-text').inputValue()) === '', 'what was sent stands in the field still');
    expect(!problems.length, problems.join('\n'));
  });
}
