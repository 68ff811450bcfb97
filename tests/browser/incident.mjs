// What a colleague sees on the page of an incident that somebody has: who that is, who was told and what happened; and what they note is there for the others.
import { showAll, watch } from './browser.mjs';

const NOTE = 'AC 1 hums and does not turn.\nThe contractor comes at eight.';

function expect(holds, otherwise) {
  if (!holds) throw new Error(otherwise);
}

export async function incident({ demo, page, other, check, folder, manners, alarm }) {
  const { incident: number } = await demo.get(`alarms/${alarm}`);
  await check('a colleague sees on the incident’s page who has it and who was told', async () => {
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
}
