import { main } from '../../src/program.ts'

/** A command to run. */
export interface CommandRequest {
  readonly argv: readonly string[]
  readonly folder: string
  /** Its whole environment. */
  readonly env: Readonly<Record<string, string>>
}

/** The result and the output of a command. */
export interface CommandResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs commands one after the other, each in its folder and with its environment. */
async function answer({ argv, folder, env }: CommandRequest): Promise<CommandResult> {
  process.chdir(folder)
  for (const name of Object.keys(process.env)) delete process.env[name]
  Object.assign(process.env, env)
  const [stdout, stderr] = [collected(process.stdout), collected(process.stderr)]
  const code = await main([process.execPath, 'tikmeter', ...argv])
  return { code, stdout: stdout(), stderr: stderr() }
}

/** Collects what is written to a stream. @returns a function that stops collecting and returns the text */
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

// The parent waits for each answer before it sends the next command. Without a parent this process ends.
process.on('message', (asked: CommandRequest) => void answer(asked).then(it => process.send?.(it)))
