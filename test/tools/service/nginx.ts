import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'

const START_WITHIN_MS = 10_000

export interface NginxOptions {
  /** The folder for its config and everything it writes. */
  readonly folder: string
  readonly port: number
  /** The local port that it forwards to. */
  readonly upstreamPort: number
  /** The address it connects from. */
  readonly from: string
}

/** nginx configured as in the README, in a separate folder. */
export class Nginx {
  readonly #child: ChildProcess
  readonly port: number

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.port = port
  }

  static async start(options: NginxOptions): Promise<Nginx> {
    await mkdir(options.folder, { recursive: true })
    const file = join(options.folder, 'nginx.conf')
    await writeFile(file, configOf(options))
    const child = spawn('nginx', ['-p', options.folder, '-c', file], {
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    const nginx = new Nginx(child, options.port)
    for (let tried = 0; tried < START_WITHIN_MS / 50; tried++) {
      if (await isListening(options.port)) return nginx
      await new Promise(resolve => setTimeout(resolve, 50))
    }
    await nginx.stop()
    throw new Error('nginx does not listen')
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    await ended
  }
}

function configOf({ folder, port, upstreamPort, from }: NginxOptions): string {
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `
daemon off;
user ${userInfo().username};
worker_processes 1;
worker_rlimit_nofile 4096;
pid ${join(folder, 'nginx.pid')};
error_log ${join(folder, 'error.log')};
events { worker_connections 2048; }
http {
  access_log off;
  ${paths.map(name => `${name}_temp_path ${join(folder, name)};`).join('\n  ')}
  server {
    listen 127.0.0.1:${port} backlog=1024;
    location / {
      proxy_pass http://127.0.0.1:${upstreamPort};
      proxy_bind ${from};
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection "upgrade";
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }
  }
}
`
}

function isListening(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
