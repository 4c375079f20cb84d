import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Plugin } from 'vite'

const FILES = ['swagger-ui-bundle.js', 'swagger-ui.css', 'LICENSE', 'NOTICE']

/** Puts Swagger UI (Apache-2.0) into the output, so that the API's docs page works with no outside network. */
export function docsAssets(): Plugin {
  return {
    name: 'storepatrol-docs-assets',
    apply: 'build',
    generateBundle() {
      const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
      for (const name of FILES) {
        this.emitFile({
          type: 'asset',
          fileName: `docs-assets/${name}`,
          source: readFileSync(join(folder, name)),
        })
      }
    },
  }
}
