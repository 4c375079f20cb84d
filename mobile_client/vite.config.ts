import { fileURLToPath } from 'node:url'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vitest/config'
import { docsAssets } from './build/docs-assets.ts'
import { serviceWorker } from './build/service-worker.ts'
import { mockBackend } from './dev/mock/plugin.ts'

/** Address of a real server to develop against; without it the mock backend answers. */
const server = process.env.STOREPATROL_SERVER
const proxy = server ? { '/api': { target: server }, '/media': { target: server } } : undefined

export default defineConfig({
  plugins: [svelte(), docsAssets(), serviceWorker(), ...(server ? [] : [mockBackend()])],
  build: {
    // The API serves this folder at "/", and the Python wheel carries it.
    outDir: '../api/client',
    emptyOutDir: true,
    target: 'es2022',
    // A data: URL would be fine for images but makes the precache list harder to reason about.
    assetsInlineLimit: 0,
  },
  server: { proxy },
  preview: { proxy },
  test: {
    include: ['tests/**/*.test.ts'],
    environment: 'node',
    // The build that browsers get; Node's would not take a Blob.
    alias: { 'tus-js-client': fileURLToPath(new URL('node_modules/tus-js-client/lib.esm/browser/index.js', import.meta.url)) },
    server: { deps: { inline: ['tus-js-client'] } },
  },
})
