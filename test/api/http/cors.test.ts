import { afterEach, beforeEach, expect, test } from 'vitest'
import { TestApi } from './api-fixture.ts'

const PAGE = 'https://panel.example.com'

let api: TestApi

beforeEach(async () => {
  api = await new TestApi({ origins: [PAGE] }).start()
})

afterEach(() => api.stop())

test('a listed page may read answers, errors too', async () => {
  for (const token of ['acme', 'forged']) {
    const { headers } = await api.ask('/api/dashboard/stats', token, { headers: { Origin: PAGE } })
    expect(headers['access-control-allow-origin']).toBe(PAGE)
    expect(headers['access-control-expose-headers']).toBe('ETag, Retry-After')
    expect(headers.vary).toBe('Origin')
  }
})

test.each(['https://evil.example', `${PAGE}.evil.example`, 'null', '*'])(
  'another page, %s, may not',
  async origin => {
    const { headers } = await api.ask('/api/dashboard/stats', 'acme', { headers: { Origin: origin } })
    expect(headers['access-control-allow-origin']).toBeUndefined()
    expect(headers.vary).toBe('Origin')
  },
)

test('a preflight of a listed page is granted, for reading with a token', async () => {
  const answer = await api.ask('/api/dashboard/stats', '', {
    method: 'OPTIONS',
    headers: {
      Origin: PAGE,
      'Access-Control-Request-Method': 'GET',
      'Access-Control-Request-Headers': 'authorization',
    },
  })
  expect(answer.status).toBe(204)
  expect(answer.headers).toMatchObject({
    'access-control-allow-origin': PAGE,
    'access-control-allow-methods': 'GET, HEAD, OPTIONS',
    'access-control-allow-headers': expect.stringContaining('Authorization'),
  })
})

test('a preflight of another page is granted nothing', async () => {
  const answer = await api.ask('/api/dashboard/stats', '', {
    method: 'OPTIONS',
    headers: { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'GET' },
  })
  const granted = Object.keys(answer.headers).filter(name => name.startsWith('access-control'))
  expect(granted).toEqual([])
})
