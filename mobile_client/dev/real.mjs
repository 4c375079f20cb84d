// The main job through the client against a running server, losing the network and killing the page on the way:
//   BASE=http://127.0.0.1:8321 PASSWORD=… BEFORE=before.jpg AFTER=after.jpg node dev/real.mjs
import { mkdirSync } from 'node:fs'
import { openBrowser } from './browser.mjs'

const { BASE, PASSWORD, BEFORE, AFTER, LANGUAGE = 'zh', WIDTH = '390' } = process.env
const OUT = process.env.OUT ?? new URL('../shots/', import.meta.url).pathname
mkdirSync(OUT, { recursive: true })

async function open(login, width = Number(WIDTH)) {
  const browser = await openBrowser({
    viewport: { width, height: width < 800 ? 844 : 900 },
    locale: LANGUAGE === 'zh' ? 'zh-CN' : 'en-GB',
    permissions: ['microphone'],
  })
  const page = await browser.newPage()
  page.on('pageerror', (error) => console.log('PAGE ERROR', error.message))
  page.on('response', (answer) => answer.status() >= 400 && console.log('ANSWER', answer.status(), answer.request().method(), answer.url()))
  page.on('console', (message) => /Content.Security.Policy/i.test(message.text()) && console.log('CSP', message.text()))
  await page.goto(BASE)
  await page.getByTestId('sign-in-login').fill(login)
  await page.getByTestId('sign-in-password').fill(PASSWORD)
  await page.getByTestId('sign-in-submit').click()
  await page.getByTestId('nav-more').waitFor({ state: 'attached' })
  await page.waitForTimeout(1200)
  const id = (name) => page.getByTestId(name)
  const shot = (name, fullPage = false) => page.screenshot({ path: `${OUT}real-${name}-${width}-${LANGUAGE}.png`, fullPage })
  return { browser, page, id, shot }
}

/** A number that is good, from the words that tell the limits. */
const limit = (words) => /-?\d+(\.\d+)?/.exec(words)[0]

async function visit() {
  const { browser, page, id, shot } = await open('supervisor@demo')
  await shot('visits')
  await id('visit-start').click()
  await page.locator('[data-testid=store-option][data-store-code=SH01]').click()
  await page.waitForTimeout(500)
  await shot('visit-new')
  // The shell must be on the phone before the network goes.
  await page.evaluate(() => navigator.serviceWorker.ready)
  await browser.setOffline(true)
  await id('visit-begin').click()
  await id('item-1').waitFor()
  const items = await page.locator('article[data-testid^="item-"]').all()
  console.log('items', items.length)
  for (let n = 1; n <= items.length; n++) {
    const item = page.getByTestId(`item-${n}`)
    const number = id(`item-${n}-number`)
    if (await id(`item-${n}-pass`).count()) await id(`item-${n}-${n === 2 ? 'fail' : 'pass'}`).click()
    else if (await number.count()) await number.fill(limit(await item.locator('.number-field p').textContent()))
    else await item.locator('.option.good').last().click()
  }
  await id('item-1-photo-input').setInputFiles(BEFORE)
  await id('local-photo').first().waitFor()
  await page.evaluate(() => scrollTo(0, 0))
  await shot('checklist')
  await id('visit-voice').click()
  await page.waitForTimeout(Number(process.env.VOICE_MS ?? 2500))
  await id('visit-voice').click()
  await id('local-voice').waitFor()
  // A killed page, opened again in the basement.
  await page.reload()
  await id('item-1').waitFor()
  await id('local-photo').first().waitFor()
  console.log('offline reload:', await id('visit-progress').textContent())
  await id('visit-review').click()
  await page.waitForTimeout(400)
  await shot('review')
  await id('submit-visit').click()
  await id('visit-sealed').waitFor()
  await shot('sealed')
  await browser.setOffline(false)
  await id('visit-result').waitFor({ timeout: 60000 })
  const arrived = Date.now()
  await shot('result-live')
  await page.locator('[data-testid=visit-result][data-complete=true]').waitFor({ timeout: 60000 })
  console.log('analysis complete after', Date.now() - arrived, 'ms')
  await page.waitForTimeout(800)
  await shot('result', true)
  console.log('issues', await id('issue-row').count(), 'findings', await id('finding').count(), 'heard:', await id('statement').allTextContents())
  const links = await id('issue-row').evaluateAll((rows) => rows.map((row) => [row.textContent, row.getAttribute('href')]))
  await browser.close()
  return links.find(([title]) => /货架不缺货|shelf/i.test(title))?.[1].split('/').pop()
}

async function fix(taskId) {
  const { browser, page, id, shot } = await open('store@demo')
  await page.goto(`${BASE}/#/tasks?scope=mine`)
  await page.waitForTimeout(1200)
  await shot('tasks')
  console.log('tasks of the store manager', await id('task-card').count())
  const card = taskId ? page.locator(`[data-task-id="${taskId}"]`) : id('task-card').first()
  await card.click()
  await id('task').waitFor()
  await page.waitForTimeout(800)
  await shot('task', true)
  if (await id('after-photo-input').count()) {
    await id('after-photo-input').setInputFiles(AFTER)
    await id('attempt').first().waitFor({ timeout: 60000 })
    await page.locator('[data-testid=attempt]:not([data-verdict=pending])').first().waitFor({ timeout: 60000 })
    console.log('verdict', await id('attempt').first().getAttribute('data-verdict'), 'task', await id('task').getAttribute('data-state'))
  }
  await page.waitForTimeout(800)
  await shot('task-after', true)
  await page.goto(`${BASE}/#/notifications`)
  await page.waitForTimeout(800)
  await shot('notifications')
  await browser.close()
}

async function look(login, width, places) {
  const { browser, page, shot } = await open(login, width)
  for (const [name, path] of places) {
    await page.goto(`${BASE}/#${path}`)
    await page.waitForTimeout(1300)
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    if (wider > 0) console.log('TOO WIDE', name, wider)
    await shot(name)
  }
  await browser.close()
}

const steps = process.argv.slice(2)
const wants = (step) => steps.length === 0 || steps.includes(step)
const taskId = wants('visit') ? await visit() : undefined
if (wants('fix')) await fix(taskId)
if (wants('hq')) {
  await look('hq@demo', 1440, [['heatmap', '/heatmap'], ['stores', '/stores'], ['tasks', '/tasks?scope=all'], ['visits', '/visits']])
  await look('hq@demo', 360, [['heatmap', '/heatmap']])
  await look('region@demo', 390, [['tasks', '/tasks'], ['heatmap', '/heatmap'], ['people', '/admin/people']])
  await look('admin@demo', 1440, [['jobs', '/admin/jobs'], ['people', '/admin/people'], ['home', '/']])
}
