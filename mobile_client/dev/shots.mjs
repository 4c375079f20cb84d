// Pictures of every screen on the mock backend: npx vite --port 5199 & node dev/shots.mjs [words of names]
import { mkdirSync } from 'node:fs'
import { openBrowser } from './browser.mjs'

const BASE = process.env.BASE ?? 'http://localhost:5199'
const OUT = new URL('../shots/', import.meta.url).pathname
mkdirSync(OUT, { recursive: true })
const only = process.argv.slice(2)

/** name, who, path, what to do before the picture */
const SCREENS = [
  ['visits', 'supervisor', '/visits'],
  ['visit-new', 'supervisor', '/visits/new', async (page) => page.getByTestId('store-option').first().click()],
  ['result', 'supervisor', '/visits/v-done'],
  ['tasks', 'manager', '/tasks?scope=all'],
  ['task', 'manager', '/tasks/t1'],
  ['task-decide', 'regional', '/tasks/t3'],
  ['notifications', 'manager', '/notifications'],
  ['heatmap', 'hq', '/heatmap'],
  ['heatmap-region', 'hq', '/heatmap?node=r1'],
  ['stores', 'hq', '/stores'],
  ['store', 'hq', '/stores/s1'],
  ['photo', 'hq', '/photos/ph1'],
  ['jobs', 'admin', '/admin/jobs'],
  ['people', 'admin', '/admin/people'],
  ['more', 'supervisor', '/more'],
  ['settings', 'supervisor', '/settings'],
  ['missing', 'supervisor', '/nowhere'],
]

async function signIn(page, who) {
  await page.getByTestId('sign-in-login').fill(who)
  await page.getByTestId('sign-in-password').fill('x')
  await page.getByTestId('sign-in-submit').click()
  await page.getByTestId('nav-more').or(page.getByTestId('nav-settings')).first().waitFor({ state: 'attached' })
}

for (const [width, height] of [[360, 740], [1440, 900]]) {
  for (const language of ['zh', 'en']) {
    const groups = new Map()
    for (const screen of SCREENS) if (only.length === 0 || only.includes(screen[0])) groups.set(screen[1], [...(groups.get(screen[1]) ?? []), screen])
    for (const [who, screens] of groups) {
      const browser = await openBrowser({ viewport: { width, height }, locale: language === 'zh' ? 'zh-CN' : 'en-GB' })
      const page = await browser.newPage()
      page.on('pageerror', (error) => console.log('PAGE ERROR', width, language, who, error.message))
      page.on('console', (message) => message.type() === 'error' && console.log('CONSOLE', message.text()))
      await page.request.delete(`${BASE}/api/v1/session`)
      await page.goto(BASE)
      await page.getByTestId('sign-in-login').waitFor()
      if (who === 'supervisor' && only.length === 0) await page.screenshot({ path: `${OUT}sign-in-${width}-${language}.png` })
      await signIn(page, who)
      for (const [name, , path, act] of screens) {
        await page.goto(`${BASE}/#${path}`)
        await page.waitForTimeout(500)
        if (act) await act(page)
        await page.waitForTimeout(250)
        const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
        if (wider > 0) console.log('TOO WIDE', name, width, language, wider)
        const small = await page.evaluate(() =>
          [...document.querySelectorAll('a,button,input,select,textarea,label.btn')]
            .filter((e) => e.checkVisibility() && !e.classList.contains('visually-hidden') && !e.classList.contains('skip'))
            .map((e) => [e.getBoundingClientRect(), e])
            .filter(([r]) => r.width > 0 && (r.height < 43.5 || r.width < 43.5))
            .map(([r, e]) => `${e.tagName} ${e.className} ${e.textContent.trim().slice(0, 20)} ${Math.round(r.width)}x${Math.round(r.height)}`),
        )
        if (small.length) console.log('SMALL', name, width, language, small.join(' | '))
        await page.screenshot({ path: `${OUT}${name}-${width}-${language}.png`, fullPage: true })
      }
      await browser.close()
    }
  }
}
