// Chromium for the tests: where it is, how it is started, what counts as a problem on a page, and what a person does in Plenum's screens.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';

// The web application's own packages: the tests install nothing beside them.
const require = createRequire(new URL('../../dashboard/web/package.json', import.meta.url));

function packageOf(name) {
  try {
    return require(name);
  } catch (error) {
    throw new Error(`${name}: ${error.message.split('\n')[0]}; install it with: npm ci --prefix dashboard/web`);
  }
}

/** Without these a fresh profile talks to its maker's servers, and its sandbox does not start in a container. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts Debian's Chromium, or the one that PLENUM_TEST_CHROMIUM names. */
export async function launch() {
  const executablePath = process.env.PLENUM_TEST_CHROMIUM ?? '/usr/bin/chromium';
  if (!existsSync(executablePath)) throw new Error(`${executablePath}: is not there; install it with: apt-get install chromium`);
  const { chromium } = packageOf('playwright-core');
  return chromium.launch({ executablePath, args: ARGUMENTS });
}

/** Everything that a page complains about: errors on its console, exceptions, answers that are errors. */
export function watch(page, problems = []) {
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => problems.push(`exception: ${error.message}`));
  page.on('response', (response) => {
    if (response.status() >= 400) problems.push(`${response.status()} ${response.request().method()} ${response.url()}`);
  });
  return problems;
}

/** What axe-core finds serious or critical on the page as it stands, one line each. */
export async function accessibility(page) {
  const { AxeBuilder } = packageOf('@axe-core/playwright');
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, help, nodes }) => `${id}: ${help} (${nodes.length}): ${nodes.slice(0, 3).map((node) => node.target.join(' ')).join(' · ')}`);
}

/** What a phone reads of a QR code as it stands on the page, light or dark; nothing if it cannot read it. */
export async function photograph(page, picture) {
  const taken = (await picture.screenshot()).toString('base64');
  const { pixels, width, height } = await page.evaluate(async (taken) => {
    const image = new Image();
    image.src = `data:image/png;base64,${taken}`;
    await image.decode();
    const { naturalWidth: width, naturalHeight: height } = image;
    const drawn = Object.assign(document.createElement('canvas'), { width, height }).getContext('2d');
    drawn.drawImage(image, 0, 0);
    return { pixels: [...drawn.getImageData(0, 0, width, height).data], width, height };
  }, taken);
  const read = packageOf('jsqr');
  return (read.default ?? read)(Uint8ClampedArray.from(pixels), width, height)?.data;
}

/** Opens the one-time link and makes the administrator's account; ends on the overview. */
export async function makeAccount(page, link, name, password) {
  await page.goto(link);
  await page.locator('input[name=name]').fill(name);
  await page.locator('input[name=password]').fill(password);
  await page.locator('input[name=repeat]').fill(password);
  await page.locator('button[type=submit]').click();
  await page.waitForURL((url) => url.pathname === '/' && url.hash === '');
  await page.locator('header nav').waitFor();
}

/** Finds an alarm in the list, opens it and answers it with a comment; ends when the page says that it is answered. */
export async function acknowledge(page, alarm, comment) {
  await page.goto(new URL('/alarms', page.url()).href);
  const row = page.locator(`[data-testid=alarm-row][data-alarm="${alarm}"]`);
  await row.waitFor();
  await row.locator('a').first().click();
  await page.waitForURL(`**/alarms/${alarm}`);
  await page.getByTestId('comment').fill(comment);
  await page.getByTestId('acknowledge').click();
  await page.getByTestId('acknowledge').waitFor({ state: 'detached' });
  await page.getByText(comment).first().waitFor();
}

/** A failed test says why and where, in one line and a stack without Playwright's own frames. */
export function explain(error) {
  const own = dirname(new URL(import.meta.url).pathname);
  const stack = (error.stack ?? '').split('\n').filter((line) => line.includes(own));
  return [error.message ?? String(error), ...stack].join('\n');
}

/** A screen as it stands: drawn, without complaints, readable by everybody. */
export async function show(page, problems, folder, name, fits) {
  await page.waitForTimeout(500);
  await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  if (width > fits) throw new Error(`the page is ${width} px wide`);
  const violations = await accessibility(page);
  if (violations.length) throw new Error(`axe-core:\n${violations.join('\n')}`);
  if (problems.length) throw new Error(problems.join('\n'));
}

/** The same screen on a desk and on a phone, in light and in dark. */
export async function showAll(page, problems, folder, name, manners) {
  for (const { name: size, viewport } of manners) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      await show(page, problems, folder, `${name}-${size}-${colorScheme}`, viewport.width);
    }
  }
  await page.setViewportSize(manners[0].viewport);
  await page.emulateMedia({ colorScheme: null });
}
