import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { ImageConfig } from './container.ts'

interface Inspected {
  readonly Docker: { readonly architecture: string; readonly config: ImageConfig }
}

/** A build of a stage of the Dockerfile. */
export interface Build {
  readonly tag: string
  readonly target: string
  readonly architecture: 'amd64' | 'arm64'
  /** npm's own folder on this machine, so that a build downloads little. */
  readonly cache: string
  readonly args: Readonly<Record<string, string>>
}

/** Debian's buildah with a storage of its own, which leaves nothing behind. */
export class Buildah {
  readonly #folder: string
  /** Copies every layer whole where the kernel or the file system has no overlays. */
  readonly #driver: 'overlay' | 'vfs'

  constructor(folder: string) {
    this.#folder = folder
    this.#driver = hasOverlays(folder) ? 'overlay' : 'vfs'
  }

  /** The command line before its arguments. */
  get command(): readonly string[] {
    const [root, run] = [join(this.#folder, 'storage'), join(this.#folder, 'run')]
    return ['buildah', '--root', root, '--runroot', run, '--storage-driver', this.#driver]
  }

  /** @returns its output */
  run(argv: readonly string[]): string {
    const [file = '', ...options] = this.command
    return execFileSync(file, [...options, ...argv], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      maxBuffer: 2 ** 26,
    })
  }

  /** Programs that run in it are those of this machine's architecture, amd64. */
  build({ tag, target, architecture, cache, args }: Build): void {
    const platform = `linux/${architecture}`
    // Debian's buildah does not set these by itself for the bases of stages.
    const platforms = { BUILDPLATFORM: 'linux/amd64', TARGETPLATFORM: platform, TARGETARCH: architecture }
    const given = { ...args, ...platforms }
    this.run([
      ...['build', '--isolation', 'chroot', '--pull-never', '--format', 'docker'],
      ...['--platform', platform, '--volume', `${cache}:/root/.npm`],
      ...Object.entries(given).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]),
      ...['--target', target, '--tag', tag, '.'],
    ])
  }

  inspect(tag: string): Inspected['Docker'] {
    const { Docker }: Inspected = JSON.parse(this.run(['inspect', '--type', 'image', tag]))
    return Docker
  }

  /** Megabytes of its files. */
  size(tag: string): string {
    return this.run(['images', '--format', '{{.Size}}', tag]).trim()
  }

  /** @returns the folder with its files */
  mount(tag: string): string {
    const container = this.run(['from', '--pull-never', '--arch', this.inspect(tag).architecture, tag]).trim()
    return this.run(['mount', container]).trim()
  }

  remove(): void {
    try {
      this.run(['umount', '--all'])
      this.run(['rm', '--all'])
    } finally {
      rmSync(this.#folder, { recursive: true, force: true })
    }
  }
}

function hasOverlays(folder: string): boolean {
  const [below, above, work, merged] = ['below', 'above', 'work', 'merged'].map(it =>
    join(folder, 'tried', it),
  )
  for (const it of [below, above, work, merged]) mkdirSync(it ?? '', { recursive: true })
  const options = `lowerdir=${below},upperdir=${above},workdir=${work}`
  const script = 'mount -t overlay overlay -o "$1" "$2"'
  const tried = spawnSync('unshare', ['--mount', 'sh', '-c', script, 'sh', options, merged ?? ''])
  rmSync(join(folder, 'tried'), { recursive: true })
  return tried.status === 0
}
