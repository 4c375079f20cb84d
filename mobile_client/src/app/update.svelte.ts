/** The service worker: opens the app offline, and brings new versions when the person says so. */
class Update {
  ready = $state(false)
  waiting: ServiceWorker | null = null
}

export const update = new Update()

export async function registerServiceWorker(): Promise<void> {
  if (!('serviceWorker' in navigator) || import.meta.env.DEV) return
  const registration = await navigator.serviceWorker.register('/sw.js')
  const offer = (worker: ServiceWorker | null) => {
    // Without a controller this is the first install: nothing to update from.
    if (!worker || !navigator.serviceWorker.controller) return
    update.waiting = worker
    update.ready = true
  }
  offer(registration.waiting)
  registration.addEventListener('updatefound', () => {
    const worker = registration.installing
    worker?.addEventListener('statechange', () => worker.state === 'installed' && offer(worker))
  })
  document.addEventListener('visibilitychange', () => {
    // Offline this rejects; the next time will do.
    if (document.visibilityState === 'visible') void registration.update().catch(() => undefined)
  })
}

export function activateUpdate(): void {
  navigator.serviceWorker.addEventListener('controllerchange', () => location.reload())
  update.waiting?.postMessage('activate-update')
}
