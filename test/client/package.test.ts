import { execFileSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { runInNewContext } from 'node:vm'
import { gzipSync } from 'node:zlib'
import { build, type Plugin } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { acme, TestFeed, tenantToken } from '../feed/feed-fixture.ts'

const MOST_BYTES = 5 * 1024
const TSC = resolve('node_modules/.bin/tsc')

/** A project that has the package installed. */
let project: string
let installed: string

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'tikmeter-client-'))
  installed = join(project, 'node_modules', 'tikmeter')
  execFileSync(TSC, ['-p', 'src/client/tsconfig.json', '--outDir', join(installed, 'dist', 'client')])
  writeFileSync(join(installed, 'package.json'), readFileSync('package.json'))
})

afterAll(() => rmSync(project, { recursive: true }))

function put(path: string, text: string): void {
  const file = join(project, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

/** The examples by the language of their code block; of two, the later one. */
const examples = new Map(
  Array.from(
    readFileSync('config/client-examples.md', 'utf8').matchAll(/```(\w+)\n([\s\S]*?)```/g),
    ([, language = '', text = '']) => [text.includes("'ws'") ? 'node' : language, text],
  ),
)

function example(language: string): string {
  const text = examples.get(language)
  if (text === undefined) throw new Error(`no example for ${language}`)
  return text
}

/** The text between the tags. */
function scriptOf(text: string): string {
  return /<script[^>]*>([\s\S]*?)<\/script>/.exec(text)?.[1] ?? ''
}

test('the client is less than 5 KB in a bundle, compressed', async () => {
  const entryPoints = [join(installed, 'dist', 'client', 'feed.js')]
  const bundled = await build({ entryPoints, bundle: true, minify: true, format: 'esm', write: false })
  const bytes = gzipSync(bundled.outputFiles[0]?.contents ?? '').length
  expect(bytes).toBeGreaterThan(1000)
  expect(bytes).toBeLessThan(MOST_BYTES)
})

test('the built client imports only itself, so that a browser loads it without a bundler', () => {
  const folder = join(installed, 'dist', 'client')
  const built = readdirSync(folder)
  const specifiers = built
    .filter(name => name.endsWith('.js'))
    .flatMap(name => [...readFileSync(join(folder, name), 'utf8').matchAll(/from '([^']+)'/g)])
    .map(([, specifier = '']) => specifier)
  expect(specifiers.length).toBeGreaterThan(5)
  for (const specifier of specifiers) expect(built.map(name => `./${name}`)).toContain(specifier)
})

const VUE = `export declare function ref<T>(): { value: T | undefined }
export declare function ref<T>(value: T): { value: T }
export declare function onUnmounted(call: () => void): void
`
const REACT = `export declare function useState<T>(): [T | undefined, (value: T) => void]
export declare function useState<T>(value: T): [T, (value: T) => void]
export declare function useEffect(effect: () => () => void, on: readonly unknown[]): void
`
const JSX = `export namespace JSX { interface IntrinsicElements { p: { className?: string; children?: unknown } } }
export declare function jsx(): unknown
export declare function jsxs(): unknown
`

/** A user that passes the browser's WebSocket. */
const BROWSER = `import { connectFeed } from 'tikmeter/client'
import { token } from './token'
connectFeed({ url: 'wss://usage.example.com/ws', token, WebSocket })
`

test('the examples for Vue, React and Node compile against the installed package', () => {
  for (const [name, types] of [
    ['vue/index.d.ts', VUE],
    ['react/index.d.ts', REACT],
    ['react/jsx-runtime.d.ts', JSX],
  ] as const)
    put(join('node_modules', name), types)
  for (const name of ['@types', 'undici-types']) {
    symlinkSync(resolve('node_modules', name), join(project, 'node_modules', name))
  }
  put('token.ts', example('ts'))
  put('vue.ts', scriptOf(example('vue')))
  put('react.tsx', example('tsx'))
  put('node.ts', example('node'))
  put('browser.ts', BROWSER)
  put(
    'tsconfig.json',
    JSON.stringify({
      compilerOptions: {
        ...{ strict: true, noEmit: true, skipLibCheck: true, target: 'ES2022', lib: ['ES2022', 'DOM'] },
        ...{ module: 'ESNext', moduleResolution: 'bundler', jsx: 'react-jsx', types: ['node'] },
      },
      include: ['*'],
    }),
  )
  expect(compile()).toBe('')
  put('wrong.ts', example('node').replace('({ sessions })', '({ subscribers })'))
  expect(compile()).toMatch(/wrong\.ts.*'subscribers' does not exist/)
})

/** @returns the compiler's errors */
function compile(): string {
  try {
    execFileSync(TSC, ['-p', project], { encoding: 'utf8' })
    return ''
  } catch (error) {
    if (error instanceof Error && 'stdout' in error) return String(error.stdout)
    throw error
  }
}

/** The imports of the plain page, as it would be served. */
const served: Plugin = {
  name: 'served',
  setup: ({ onResolve }) => {
    onResolve({ filter: /^\/tikmeter\// }, ({ path }) => ({
      path: join(installed, 'dist', 'client', path.replace('/tikmeter/', '')),
    }))
    onResolve({ filter: /^\/token\.js$/ }, () => ({ path: join(project, 'token.ts') }))
  },
}

test('the plain page shows the numbers of a feed', async () => {
  const feed = await new TestFeed().start()
  put('token.ts', example('ts'))
  const contents = scriptOf(example('html')).replace(/wss:[^']+/, feed.url)
  const page = await build({
    ...{ stdin: { contents, resolveDir: project }, plugins: [served] },
    ...{ bundle: true, format: 'iife', write: false },
  })
  const shown: Record<string, { textContent: unknown }> = {
    today: { textContent: '' },
    online: { textContent: '' },
  }
  const sockets: WebSocket[] = []
  const globals = {
    document: { getElementById: (id: string) => shown[id] },
    fetch: async () => new Response(await tenantToken(acme)),
    WebSocket: class extends WebSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols)
        sockets.push(this)
      }
    },
    // Timers never fire here, so that waiting for anything else fails the test.
    ...{ setTimeout: () => 0, clearTimeout: () => {}, atob, queueMicrotask },
  }
  runInNewContext(page.outputFiles[0]?.text ?? '', globals)
  await expect.poll(() => shown['online']?.textContent).toBe(1)
  expect(shown['today']?.textContent).toBe(0)
  for (const socket of sockets) socket.terminate()
  await feed.stop()
})
