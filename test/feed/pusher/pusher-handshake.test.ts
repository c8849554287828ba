import { expect, test } from 'vitest'
import { handshakeFault } from '../../../src/feed/pusher/pusher-handshake.ts'

const PAGE = 'https://panel.example.com'

function codeOf(url: string, headers = {}): number | undefined {
  return handshakeFault({ url, headers: { host: 'feed.example.com', ...headers } }, 'key', [PAGE])?.code
}

test.each([
  ['/app/key?protocol=7&client=js&version=8.6.0&flash=false', undefined],
  ['/app/other?protocol=7', 4001],
  ['/app/KEY?protocol=7', 4001],
  ['/app/?protocol=7', 4001],
  ['/app/key?protocol=seven', 4006],
  ['/app/key?protocol=', 4006],
  ['/app/key?protocol=6', 4007],
  ['/app/key?protocol=77', 4007],
  ['/app/key?client=js', 4008],
  ['/app/key', 4008],
])('%s is %s', (url, code) => {
  expect(codeOf(url)).toBe(code)
})

test('a page may connect if it is on the list or on this very host, and gets 4009 otherwise', () => {
  const url = '/app/key?protocol=7'
  expect(codeOf(url, { origin: PAGE })).toBeUndefined()
  expect(codeOf(url, { origin: 'https://feed.example.com' })).toBeUndefined()
  expect(codeOf(url, { origin: 'https://evil.example' })).toBe(4009)
})
