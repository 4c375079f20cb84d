// The pictures in docs/screenshots, taken from a running demo with shelves drawn by our own renderer:
//   BASE=http://127.0.0.1:8321 PASSWORD=… BEFORE=demo/shelf.jpg AFTER=demo/SH01-after.jpg LANGUAGES=zh node dev/docs.mjs
// One language a demo: the after photo closes the first task of SH01, once.
import { mkdirSync } from 'node:fs'
import { openBrowser } from './browser.mjs'

const { BASE, PASSWORD, BEFORE, AFTER, LANGUAGES = 'zh,en' } = process.env
const OUT = new URL('../../docs/screenshots/', import.meta.url).pathname
mkdirSync(OUT, { recursive: true })

async function open(login, width, language) {
  const browser = await openBrowser({
    viewport: { width, height: width < 800 ? 800 : 860 },
    locale: language === 'zh' ? 'zh-CN' : 'en-GB',
    permissions: ['microphone'],
  })
  const page = await browser.newPage()
  await page.goto(BASE)
  await page.getByTestId('sign-in-login').waitFor()
  const shot = async (name) => {
    await page.mouse.move(0, 0)
    await page.screenshot({ path: `${OUT}${name}-${language}.jpg`, type: 'jpeg', quality: 82 })
  }
  if (login === 'supervisor@demo') await shot('sign-in')
  await page.getByTestId('sign-in-login').fill(login)
  await page.getByTestId('sign-in-password').fill(PASSWORD)
  await page.getByTestId('sign-in-submit').click()
  await page.getByTestId('nav-more').waitFor({ state: 'attached' })
  await page.waitForTimeout(1500)
  const go = async (path) => {
    await page.goto(`${BASE}/#${path}`)
    await page.waitForTimeout(1500)
  }
  return { browser, page, shot, go, id: (name) => page.getByTestId(name) }
}

async function supervisor(language) {
  const { browser, page, shot, go, id } = await open('supervisor@demo', 390, language)
  await shot('visits')
  await go('/visits/new')
  await page.locator('[data-store-code=SH01]').click()
  await shot('visit-new')
  await page.evaluate(() => navigator.serviceWorker.ready)
  await browser.setOffline(true)
  await id('visit-begin').click()
  await id('item-1').waitFor()
  const items = await page.locator('article[data-testid^="item-"]').all()
  // A critical failure, too: its cap is explained beside the score.
  const critical = 1 + (await page.locator('article[data-testid^="item-"]').evaluateAll((all) => all.findIndex((one) => one.querySelector('.tag-bad') && one.querySelector('[data-testid$="-fail"]'))))
  for (const [index, item] of items.entries()) {
    const n = index + 1
    const failed = n === 3 || n === critical
    if (await id(`item-${n}-pass`).count()) await id(`item-${n}-${failed ? 'fail' : 'pass'}`).click()
    else if (await id(`item-${n}-number`).count()) await id(`item-${n}-number`).fill(/-?\d+(\.\d+)?/.exec(await item.locator('.number-field p').textContent())[0])
    else await item.locator('.option.good').last().click()
  }
  await id('item-3-photo-input').setInputFiles(BEFORE)
  await id('local-photo').waitFor()
  await page.evaluate(() => document.querySelector('[data-testid=item-3]').scrollIntoView({ block: 'center' }))
  await shot('checklist')
  await id('visit-review').click()
  await page.waitForTimeout(400)
  await shot('review')
  await id('submit-visit').click()
  await id('visit-sealed').waitFor()
  await go('/outbox')
  await shot('outbox')
  await browser.setOffline(false)
  await id('empty').waitFor({ timeout: 30000 })
  await go('/visits')
  await page.locator('[data-testid=visit-card][data-state=submitted]').first().click()
  await page.locator('[data-testid=visit-result][data-complete=true]').waitFor({ timeout: 30000 })
  await page.waitForTimeout(1500)
  await shot('result')
  await id('score-breakdown').evaluate((card) => card.scrollIntoView({ block: 'center' }))
  await shot('result-score')
  await go('/settings')
  await shot('settings')
  await browser.close()
}

async function storeManager(language) {
  const { browser, page, shot, go, id } = await open('store@demo', 390, language)
  await go('/tasks')
  await shot('tasks')
  const withPhoto = page.locator('[data-testid=task-card]:has(img)').first()
  await withPhoto.click()
  await id('task').waitFor()
  await page.waitForTimeout(1500)
  await shot('task')
  await id('after-photo-input').setInputFiles(AFTER)
  await page.locator('[data-testid=attempt]:not([data-verdict=pending])').first().waitFor({ timeout: 60000 })
  await page.locator('[data-testid=attempt]').first().evaluate((card) => card.scrollIntoView({ block: 'center' }))
  await page.waitForTimeout(1200)
  await shot('task-fixed')
  await go('/notifications')
  await shot('notifications')
  await browser.close()
}

async function desk(login, language, places) {
  const { browser, page, shot, go } = await open(login, 1440, language)
  for (const [name, path, ...follow] of places) {
    await go(path)
    for (const link of follow) {
      await page.locator(link).first().click()
      await page.waitForTimeout(1500)
    }
    await shot(name)
  }
  await browser.close()
}

for (const language of LANGUAGES.split(',')) {
  await supervisor(language)
  await storeManager(language)
  await desk('hq@demo', language, [
    ['heatmap', '/heatmap'],
    ['heatmap-region', '/heatmap', '[data-testid=heatmap-row]'],
    ['stores', '/stores'],
    ['store', '/stores', '[data-store-code=SH01]'],
    ['tasks-desk', '/tasks?scope=all'],
    ['task-desk', '/stores', '[data-store-code=SH01]', '[data-testid=task-card]:has(img)'],
    ['photo', '/stores', '[data-store-code=SH01]', '[data-testid=task-card]:has(img)', '[data-testid=overlay-photo] a'],
  ])
  await desk('admin@demo', language, [['jobs', '/admin/jobs'], ['people', '/admin/people']])
}
