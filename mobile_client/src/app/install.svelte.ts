/** Installing matters most on iOS: a page that is not installed may lose its storage after about a week. */

interface InstallPrompt extends Event {
  prompt(): Promise<unknown>
}

const DISMISSED = 'storepatrol.install-dismissed'

class Install {
  show = $state(false)
  prompt = $state.raw<InstallPrompt | null>(null)
}

export const install = new Install()

export function watchInstall(): void {
  const installed = matchMedia('(display-mode: standalone)').matches || ('standalone' in navigator && navigator.standalone === true)
  if (installed || localStorage.getItem(DISMISSED)) return
  // iOS (an iPad calls itself a Mac with a touch screen) has no prompt; the way there is described in words.
  const ios = /iPhone|iPad|iPod/.test(navigator.userAgent) || (navigator.userAgent.includes('Macintosh') && navigator.maxTouchPoints > 1)
  install.show = ios
  addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault()
    install.prompt = event as InstallPrompt
    install.show = true
  })
  addEventListener('appinstalled', () => (install.show = false))
}

export async function offerInstall(): Promise<void> {
  await install.prompt?.prompt()
  install.show = false
}

export function dismissInstall(): void {
  localStorage.setItem(DISMISSED, 'yes')
  install.show = false
}
