import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { WrongUse } from './wrong-use.ts'

/** Questions to whoever runs a command. */
export interface Prompt {
  /** Whether there is a terminal to ask on. */
  readonly isAsking: boolean
  /** @throws WrongUse if the input ends */
  ask(question: string, usual: string | undefined): Promise<string>
  /** Without showing what is typed. */
  askHidden(question: string): Promise<string>
  /** @param usual the answer to an empty line */
  isConfirmed(question: string, usual: boolean): Promise<boolean>
  /** All of the standard input, without one line end at its end. */
  input(): Promise<string>
}

/** A prompt on a terminal. Questions go to the standard error, so that the output stays that of the command. */
export function promptOn(stdin: NodeJS.ReadStream, stderr: NodeJS.WriteStream, signal: AbortSignal): Prompt {
  const ask = async (question: string, isHidden = false) => {
    const output = isHidden ? new Writable({ write: (_chunk, _encoding, done) => done() }) : stderr
    const lines = createInterface({ input: stdin, output, terminal: true })
    // Only now, because the terminal itself shows what is typed before.
    if (isHidden) stderr.write(question)
    const ended = new AbortController()
    lines.once('close', () => ended.abort())
    lines.once('SIGINT', () => lines.close())
    try {
      return await lines.question(question, { signal: AbortSignal.any([signal, ended.signal]) })
    } catch (cause) {
      if (!(cause instanceof Error && cause.name === 'AbortError')) throw cause
      throw new WrongUse('stopped; nothing was written')
    } finally {
      lines.close()
    }
  }
  const asked = async (question: string, usual: string | undefined): Promise<string> => {
    const hint = usual === undefined ? '' : ` [${usual}]`
    const answer = (await ask(`${question}${hint}: `)).trim() || usual
    return answer === undefined ? asked(question, usual) : answer
  }
  return {
    isAsking: stdin.isTTY === true && stderr.isTTY === true,
    ask: asked,
    async askHidden(question) {
      const answer = await ask(`${question}: `, true)
      stderr.write('\n')
      return answer
    },
    async isConfirmed(question, usual) {
      const answer = (await ask(`${question} [${usual ? 'Y/n' : 'y/N'}] `)).trim()
      return answer === '' ? usual : /^y(es)?$/i.test(answer)
    },
    input: async () => (await text(stdin)).replace(/\r?\n$/, ''),
  }
}
