import { main } from '../../src/program.ts'

/** What a command is given. */
export interface Asked {
  readonly argv: readonly string[]
  readonly folder: string
  /** All that it has of an environment. */
  readonly env: Readonly<Record<string, string>>
}

/** What it did and printed. */
export interface Answered {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs one command after the other, each where and with what it is asked to. */
async function answer({ argv, folder, env }: Asked): Promise<Answered> {
  process.chdir(folder)
  for (const name of Object.keys(process.env)) delete process.env[name]
  Object.assign(process.env, env)
  const [stdout, stderr] = [collected(process.stdout), collected(process.stderr)]
  const code = await main([process.execPath, 'tikmeter', ...argv])
  return { code, stdout: stdout(), stderr: stderr() }
}

/** Keeps what is written to a stream from now on. @returns what that was, and no more is kept */
function collected(stream: NodeJS.WriteStream): () => string {
  const parts: string[] = []
  const { write } = stream
  stream.write = (part: string | Uint8Array, ...[encoding, done]: unknown[]) => {
    parts.push(typeof part === 'string' ? part : Buffer.from(part).toString())
    const written = typeof encoding === 'function' ? encoding : done
    if (typeof written === 'function') process.nextTick(() => written())
    return true
  }
  return () => {
    stream.write = write
    return parts.join('')
  }
}

// Its parent waits for each answer before it asks again. Without a parent it ends.
process.on('message', (asked: Asked) => void answer(asked).then(it => process.send?.(it)))
