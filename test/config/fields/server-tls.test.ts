import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { AUTH, configOf, faultsOf } from '../config-text.ts'

const CERTIFICATES = 'test/harness/fleet/certificates'

function withServer(cert: string, key: string): string {
  const pair = `{ cert: ${CERTIFICATES}/${cert}, key: ${CERTIFICATES}/${key} }`
  return `${AUTH}\nserver: { tls: ${pair} }\ntenants: []`
}

function pathsAndMessages(cert: string, key: string): readonly (readonly [string, string])[] {
  return faultsOf(withServer(cert, key)).map(({ path, message }) => [path, message])
}

describe('the certificate of the server', () => {
  it('is accepted with its own key', () => {
    expect(configOf(withServer('server.pem', 'server-key.pem')).server.tls).toEqual({
      cert: resolve(CERTIFICATES, 'server.pem'),
      key: resolve(CERTIFICATES, 'server-key.pem'),
      hstsMs: undefined,
    })
  })

  it('may require HTTPS of browsers, for whole seconds', () => {
    const withHsts = (hsts: string) => withServer('server.pem', `server-key.pem, hsts: ${hsts}`)
    expect(configOf(withHsts('365d')).server.tls?.hstsMs).toBe(365 * 86_400_000)
    for (const [hsts, message] of [
      ['1500ms', 'must be whole seconds, such as 1h or 365d'],
      ['31536000', 'must be a duration'],
      ['true', 'must be a duration'],
    ] as const)
      expect(faultsOf(withHsts(hsts))).toMatchObject([
        { path: 'server.tls.hsts', message: expect.stringContaining(message) },
      ])
  })

  it('is refused with the key of another certificate', () => {
    expect(pathsAndMessages('server.pem', 'self-signed-key.pem')).toEqual([
      ['server.tls.key', 'is not the key of the certificate in cert: name the one it was made for'],
    ])
  })

  it('is refused if it is not a certificate, and so is a key that is not one, each with its path', () => {
    expect(pathsAndMessages('server-key.pem', 'server.pem')).toEqual([
      ['server.tls.cert', expect.stringContaining('BEGIN CERTIFICATE')],
      ['server.tls.key', expect.stringContaining('BEGIN PRIVATE KEY')],
    ])
  })
})
