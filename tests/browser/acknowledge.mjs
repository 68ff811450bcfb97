// A person's part in the story, for `tests/story.rs`: makes the administrator's account with the one-time link, finds the alarm in the list and
// acknowledges it with a comment.
//   node acknowledge.mjs LINK NAME ALARM COMMENT
import { randomUUID } from 'node:crypto';

import { acknowledge, explain, launch, makeAccount, watch } from './browser.mjs';

const [link, name, alarm, comment] = process.argv.slice(2);
let browser;
try {
  browser = await launch();
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, locale: 'en-GB' });
  page.setDefaultTimeout(20_000);
  const problems = watch(page);
  await makeAccount(page, link, name, randomUUID());
  // Before there was an account the page had asked who is logged in, and nobody was.
  const before = problems.splice(0).filter((problem) => !problem.includes('401'));
  await acknowledge(page, alarm, comment);
  if (before.length + problems.length) throw new Error(`the pages complained:\n${[...before, ...problems].join('\n')}`);
  console.log(`${name} acknowledged alarm ${alarm}`);
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
} finally {
  await browser?.close();
}
