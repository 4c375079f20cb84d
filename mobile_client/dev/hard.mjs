// What must not lose or double anything, against a running server (BASE, PASSWORD, BEFORE as for real.mjs).
import { readFileSync } from 'node:fs'
import { openBrowser } from './browser.mjs'

const { BASE, PASSWORD, BEFORE } = process.env
const JPEG = readFileSync(BEFORE)
/** The same picture with a long tail after its end: decodable, and slow to send. */
const BIG = { name: 'big.jpg', mimeType: 'image/jpeg', buffer: Buffer.concat([JPEG, Buffer.alloc(7_000_000, 7)]) }
const PDF = { name: 'report.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('%PDF-1.7\nnot a photo') }

let failures = 0
const check = (what, good, more = '') => {
  if (!good) failures++
  console.log(good ? 'ok  ' : 'FAIL', what, more)
}

async function signIn(page, login) {
  await page.goto(BASE)
  await page.getByTestId('sign-in-login').fill(login)
  await page.getByTestId('sign-in-password').fill(PASSWORD)
  await page.getByTestId('sign-in-submit').click()
  await page.getByTestId('nav-more').waitFor({ state: 'attached' })
  await page.evaluate(() => navigator.serviceWorker.ready)
  await page.waitForTimeout(1500)
}

/** Starts the last checklist offered (the quick one) at a store and answers everything well. */
async function fill(page, store = 'SH02') {
  await page.bringToFront()
  await page.goto(`${BASE}/#/visits/new`)
  await page.getByTestId('checklist-select').selectOption({ index: 2 })
  await page.locator(`[data-store-code=${store}]`).click()
  await page.getByTestId('visit-begin').click()
  await answerAll(page)
}

async function answerAll(page) {
  await page.getByTestId('item-1').waitFor()
  const count = await page.locator('article[data-testid^="item-"]').count()
  for (let n = 1; n <= count; n++) {
    const number = page.getByTestId(`item-${n}-number`)
    if (await page.getByTestId(`item-${n}-pass`).count()) await page.getByTestId(`item-${n}-pass`).click()
    else if (await number.count()) await number.fill(/-?\d+(\.\d+)?/.exec(await page.getByTestId(`item-${n}`).locator('.number-field p').textContent())[0])
    else await page.getByTestId(`item-${n}`).locator('.option.good').last().click()
  }
}

async function submit(page) {
  await page.getByTestId('visit-review').click()
  await page.getByTestId('submit-visit').click()
}

function watch(browser) {
  const calls = []
  browser.on('request', (request) => {
    const path = new URL(request.url()).pathname
    if (/\/(submit)$|\/api\/v1\/visits\/[^/]+$|uploads/.test(path) && request.method() !== 'GET') calls.push(`${request.method()} ${path.replace('/api/v1', '')}${request.headers()['upload-offset'] ? ` @${request.headers()['upload-offset']}` : ''}`)
  })
  return calls
}

async function twoTabs() {
  const browser = await openBrowser({ viewport: { width: 390, height: 844 }, permissions: ['microphone'] })
  const [one, two] = [await browser.newPage(), await browser.newPage()]
  await signIn(one, 'supervisor@demo')
  await two.goto(`${BASE}/#/outbox`)
  await two.waitForTimeout(1000)
  await browser.setOffline(true)
  await fill(one)
  await one.getByTestId('item-1-photo-input').setInputFiles(BEFORE)
  await one.getByTestId('local-photo').waitFor()
  await submit(one)
  await one.getByTestId('visit-sealed').waitFor()
  check('the other tab sees the waiting entries', (await two.getByTestId('outbox-entry').count()) === 3, await two.getByTestId('outbox-entry').count())
  const calls = watch(browser)
  await browser.setOffline(false)
  await two.evaluate(() => dispatchEvent(new Event('online')))
  try {
    await one.getByTestId('visit-result').waitFor({ timeout: 30000 })
  } catch (error) {
    console.log('one:', one.url(), (await one.textContent('main')).slice(0, 400))
    console.log('two:', two.url(), (await two.textContent('main')).slice(0, 400))
    console.log(calls.join(', '))
    console.log(await one.evaluate(async () => JSON.stringify(await navigator.locks.query())))
    throw error
  }
  await one.waitForTimeout(1500)
  check('two tabs send each thing once', calls.filter((call) => call.endsWith('/submit')).length === 1 && calls.filter((call) => call.startsWith('PUT')).length === 1 && calls.filter((call) => call.startsWith('POST /uploads')).length === 1, calls.join(', '))
  await browser.close()
}

async function killedUpload() {
  const browser = await openBrowser({ viewport: { width: 390, height: 844 } })
  let page = await browser.newPage()
  await signIn(page, 'supervisor@demo')
  await fill(page)
  await page.waitForTimeout(1000)
  const cdp = await browser.newCDPSession(page)
  await cdp.send('Network.emulateNetworkConditions', { offline: false, latency: 20, downloadThroughput: 5e6, uploadThroughput: 1.2e6 })
  const calls = watch(browser)
  await page.getByTestId('item-1-photo-input').setInputFiles(BIG)
  for (let i = 0; i < 100 && calls.filter((call) => call.startsWith('PATCH')).length < 3; i++) await page.waitForTimeout(200)
  await page.close()
  const before = calls.length
  page = await browser.newPage()
  await page.goto(`${BASE}/#/visits`)
  await page.getByTestId('visit-card').first().waitFor()
  await page.locator('[data-testid=visit-card][data-state=in_progress]').first().click()
  await page.locator('[data-testid=local-photo][data-state=done]').waitFor({ timeout: 40000 })
  const after = calls.slice(before)
  check('a killed upload goes on where it was', after[0]?.startsWith('HEAD') && !after.some((call) => call.startsWith('POST /uploads')) && !after.some((call) => call.endsWith('@0')), after.join(', '))
  await submit(page)
  await page.getByTestId('visit-result').waitFor({ timeout: 30000 })
  await browser.close()
}

async function plannedAndRefused() {
  const browser = await openBrowser({ viewport: { width: 390, height: 844 } })
  const page = await browser.newPage()
  await signIn(page, 'supervisor@demo')
  const calls = watch(browser)
  await page.locator('[data-testid=visit-card][data-state=planned]').first().click()
  await page.getByTestId('visit-begin').click()
  await answerAll(page)
  await page.getByTestId('item-1-photo-input').setInputFiles(PDF)
  await page.locator('[data-testid=local-photo][data-state=failed]').waitFor({ timeout: 20000 })
  await submit(page)
  await page.getByTestId('outbox-leave-out').click()
  check('the server\'s reason is shown', true, await page.locator('[data-state=failed] [data-testid=outbox-why]').textContent())
  await page.getByTestId('outbox-leave-out-yes').click()
  await page.getByTestId('visit-result').waitFor({ timeout: 30000 })
  check('a planned visit is not put again', !calls.some((call) => call.startsWith('PUT')), calls.join(', '))
  await browser.close()
}

async function otherPerson() {
  const browser = await openBrowser({ viewport: { width: 390, height: 844 } })
  const page = await browser.newPage()
  await signIn(page, 'supervisor@demo')
  await browser.setOffline(true)
  await fill(page)
  await submit(page)
  await page.getByTestId('visit-sealed').waitFor()
  await page.goto(`${BASE}/#/settings`)
  const calls = watch(browser)
  await page.getByTestId('sign-out').click()
  await page.getByTestId('sign-out').click()
  await page.getByTestId('sign-in-login').waitFor()
  await browser.setOffline(false)
  await signIn(page, 'region@demo')
  await page.goto(`${BASE}/#/settings`)
  await page.waitForTimeout(800)
  check("another person's work is not sent under my name", !calls.some((call) => call.startsWith('PUT')), calls.join(', '))
  check('and is said to be there', (await page.textContent('main')).match(/别人|somebody else/) !== null)
  await page.getByTestId('sign-out').click()
  await page.getByTestId('sign-in-login').waitFor()
  await signIn(page, 'supervisor@demo')
  await page.waitForTimeout(2500)
  check('it goes out when its owner is back', calls.some((call) => call.endsWith('/submit')), calls.join(', '))
  await browser.close()
}

async function expired() {
  const browser = await openBrowser({ viewport: { width: 390, height: 844 } })
  const page = await browser.newPage()
  await signIn(page, 'supervisor@demo')
  await fill(page)
  await browser.clearCookies()
  await page.reload()
  await page.getByTestId('sign-in-again').waitFor()
  await submit(page)
  await page.getByTestId('visit-sealed').waitFor()
  await page.getByTestId('sign-in-again').click()
  await page.getByTestId('sign-in-login').fill('supervisor@demo')
  await page.getByTestId('sign-in-password').fill(PASSWORD)
  await page.getByTestId('sign-in-submit').click()
  await page.goto(`${BASE}/#/outbox`)
  await page.getByTestId('empty').waitFor({ timeout: 20000 })
  check('an ended sign-in loses nothing', true)
  await browser.close()
}

for (const step of [twoTabs, killedUpload, plannedAndRefused, otherPerson, expired]) {
  if (process.argv.length > 2 && !process.argv.slice(2).includes(step.name)) continue
  try {
    await step()
  } catch (error) {
    check(step.name, false, error.message.split('\n').slice(0, 4).join(' '))
  }
}
process.exit(failures)
