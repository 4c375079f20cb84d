import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { Plugin, Rolldown } from 'vite'

const SOURCE = new URL('../src/service-worker.js', import.meta.url)

/**
 * Emits /sw.js with the list of files that make up the app's shell and a version derived from their content.
 * Written here rather than taken from a toolkit: what we need is a page of code, and it stays readable.
 */
export function serviceWorker(): Plugin {
  let publicDir = ''
  return {
    name: 'storepatrol-service-worker',
    apply: 'build',
    configResolved(config) {
      publicDir = config.publicDir
    },
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const shell = [...shellOf(bundle), ...filesUnder(publicDir)].sort((a, b) => (a.path < b.path ? -1 : 1))
        const version = digest(shell.map((file) => `${file.path} ${file.hash}`).join('\n')).slice(0, 12)
        const paths = ['/', ...shell.map((file) => file.path).filter((path) => path !== '/index.html')]
        const source = readFileSync(SOURCE, 'utf8')
          .replace("'__VERSION__'", JSON.stringify(version))
          .replace("['__SHELL__']", JSON.stringify(paths))
        this.emitFile({ type: 'asset', fileName: 'sw.js', source })
      },
    },
  }
}

interface ShellFile {
  path: string
  hash: string
}

function shellOf(bundle: Rolldown.OutputBundle): ShellFile[] {
  return Object.values(bundle)
    .filter((output) => !output.fileName.startsWith('docs-assets/') && !output.fileName.endsWith('.map'))
    .map((output) => ({
      path: `/${output.fileName}`,
      hash: digest(output.type === 'chunk' ? output.code : output.source),
    }))
}

function filesUnder(folder: string): ShellFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const file = join(entry.parentPath, entry.name)
      return { path: `/${relative(folder, file).replaceAll('\\', '/')}`, hash: digest(readFileSync(file)) }
    })
}

function digest(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}
