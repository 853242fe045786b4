// Lighthouse's mark in accessibility for each page, and for the page that an
// audit of the samples gives: node lighthouse.mjs MODULES ADDRESS PAGE...
import { pathToFileURL } from 'node:url';

const [modules, address, ...pages] = process.argv.slice(2);
const load = (path) => import(pathToFileURL(`${modules}/${path}`).href);
const { snapshot } = await load('lighthouse/core/index.js');
const { default: puppeteer } = await load('puppeteer-core/lib/puppeteer/puppeteer-core.js');

const browser = await puppeteer.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-background-networking'],
});
const marks = [];
try {
  const page = await browser.newPage();
  const mark = async (name) => {
    const { lhr } = await snapshot(page, { flags: { onlyCategories: ['accessibility'], logLevel: 'error' } });
    const { score, auditRefs } = lhr.categories.accessibility;
    const faults = auditRefs
      .filter(({ id, weight }) => weight > 0 && lhr.audits[id].score !== null && lhr.audits[id].score < 1)
      .map(({ id }) => id);
    if (score !== 1 && faults.length === 0) faults.push(`score ${score}`);
    marks.push([name, faults]);
  };
  for (const path of pages) {
    await page.goto(address + path);
    await mark(path);
  }
  await page.goto(`${address}/audit`);
  await page.click('button[form=samples]');
  await page.waitForSelector('.overview');
  await mark('the samples audited');
} finally {
  await browser.close();
}
console.log(JSON.stringify(marks));
