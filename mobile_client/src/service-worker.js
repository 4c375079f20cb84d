// @ts-check
/// <reference lib="webworker" />
// The app's shell, kept on the phone so that it opens in a basement. Data is not cached here: the app itself keeps
// what it needs in IndexedDB, where it knows whose it is. The build replaces the two placeholders below.

const VERSION = '__VERSION__'
const SHELL = ['__SHELL__']
const CACHE = `shell-${VERSION}`

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self))

worker.addEventListener('install', (event) => {
  // cache: 'reload' passes by the HTTP cache, so that a half-old shell cannot be stored as the new one.
  const requests = SHELL.map((path) => new Request(path, { cache: 'reload' }))
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(requests)))
})

worker.addEventListener('activate', (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => names.filter((name) => name.startsWith('shell-') && name !== CACHE))
      .then((old) => Promise.all(old.map((name) => caches.delete(name))))
      .then(() => worker.clients.claim()),
  )
})

worker.addEventListener('message', (event) => {
  // Sent by the page when the person accepts the update: never swap code under somebody's hands.
  if (event.data === 'activate-update') worker.skipWaiting()
})

worker.addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== worker.location.origin) return
  const path = request.mode === 'navigate' && url.pathname === '/index.html' ? '/' : url.pathname
  if (!SHELL.includes(path)) return
  event.respondWith(
    caches
      .open(CACHE)
      .then((cache) => cache.match(path))
      .then((hit) => hit ?? fetch(request)),
  )
})
