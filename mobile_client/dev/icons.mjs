// Renders the PNG icons from icon.svg: node dev/icons.mjs
import { readFileSync, writeFileSync } from 'node:fs'
import { openBrowser } from './browser.mjs'

const svg = readFileSync(new URL('../public/icons/icon.svg', import.meta.url), 'utf8')
const browser = await openBrowser()
const page = await browser.newPage()
// Maskable and Apple icons are cut by the system: full-bleed ground, the drawing inside the safe middle.
const ICONS = [
  ['icon-192', 192, 1, false],
  ['icon-512', 512, 1, false],
  ['maskable-512', 512, 0.72, true],
  ['apple-touch-icon', 180, 0.9, true],
]
for (const [name, size, scale, bleed] of ICONS) {
  await page.setViewportSize({ width: size, height: size })
  const ground = bleed ? '#0d4f4a' : 'transparent'
  await page.setContent(
    `<body style="margin:0;background:${ground};display:grid;place-items:center;height:100vh"><div style="width:${size * scale}px;display:grid">${svg}</div></body>`,
  )
  await page.screenshot({ path: new URL(`../public/icons/${name}.png`, import.meta.url).pathname, omitBackground: !bleed })
}
await browser.close()

// For what asks for /favicon.ico whatever the page says: the PNG in an ICO of one picture.
const png = readFileSync(new URL('../public/icons/icon-192.png', import.meta.url))
const head = Buffer.alloc(22)
head.writeUInt16LE(1, 2)
head.writeUInt16LE(1, 4)
head.set([192, 192, 0, 0, 1, 0, 32, 0], 6)
head.writeUInt32LE(png.length, 14)
head.writeUInt32LE(head.length, 18)
writeFileSync(new URL('../public/favicon.ico', import.meta.url), Buffer.concat([head, png]))
