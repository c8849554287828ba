import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const { version, ...about }: Record<string, unknown> = JSON.parse(readFileSync('package.json', 'utf8'))

const PACKAGES = /tikmeter[-_](\d+\.\d+\.\d+)(?:\.tgz|_amd64\.deb)/g

it.each<[file: string, pattern: RegExp]>([
  ['README.md', PACKAGES],
  ['docs/install.md', PACKAGES],
  ['docs/operating.md', PACKAGES],
  ['docs/feed.md', /"server_version":"(\d+\.\d+\.\d+)"/g],
  ['config/client-examples.md', /tikmeter-(\d+\.\d+\.\d+)\.tgz/g],
  ['config/tikmeter.service', /tikmeter-(\d+\.\d+\.\d+)\.tgz/g],
  ['config/kubernetes.yaml', /image: tikmeter:(\d+\.\d+\.\d+)/g],
  ['compose.yaml', /image: tikmeter(?:-routers)?:(\d+\.\d+\.\d+)/g],
  ['docs/containers.md', /tikmeter:(\d+\.\d+\.\d+)/g],
  ['npm-shrinkwrap.json', /^\{\s+"name": "tikmeter",\s+"version": "([^"]+)"/g],
])('%s names the version of this release', (file, pattern) => {
  const named = Array.from(readFileSync(file, 'utf8').matchAll(pattern), ([, found]) => found)
  expect(named.length).toBeGreaterThan(0)
  expect(new Set(named)).toEqual(new Set([version]))
})

it('has an entry in the changelog', () => {
  expect(readFileSync('CHANGELOG.md', 'utf8')).toContain(`\n## [${version}] - `)
})

it('may be published', () => {
  expect(about).not.toHaveProperty('private')
})
