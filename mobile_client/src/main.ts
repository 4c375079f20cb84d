import { mount } from 'svelte'
import './styles/tokens.css'
import './styles/base.css'
import App from './App.svelte'
import { recoverKilledRecordings } from './app/capture'
import { openContext } from './app/context'
import { watchInstall } from './app/install.svelte'
import { notices } from './app/notices.svelte'
import { outbox } from './app/outbox.svelte'
import { session } from './app/session.svelte'
import { registerServiceWorker } from './app/update.svelte'

async function start(): Promise<void> {
  await openContext(() => {
    if (session.phase === 'signed_in') session.expired = true
  })
  watchInstall()
  notices.start()
  outbox.start()
  mount(App, { target: document.getElementById('app')! })
  await session.start()
  outbox.poke()
  void recoverKilledRecordings()
  void notices.look()
  await registerServiceWorker()
}

void start()
