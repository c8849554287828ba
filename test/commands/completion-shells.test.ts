import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tikmeter-shells-'))
  const tikmeter = join(folder, 'tikmeter')
  writeFileSync(tikmeter, `#!/bin/sh\nexec '${process.execPath}' '${inject('cli')}' "$@"\n`)
  chmodSync(tikmeter, 0o755)
  writeFileSync(join(folder, 'two.yaml'), 'tenants: [{ id: acme, routers: [{ id: hq }, { id: north }] }]\n')
})
afterAll(() => rmSync(folder, { recursive: true }))

function isThere(shell: string): boolean {
  return spawnSync(shell, ['-c', 'exit']).status === 0
}

/** The output on both streams, in a folder with only the program and a config. */
function run(shell: string, argv: readonly string[], env: NodeJS.ProcessEnv = {}): string {
  const { stdout, stderr } = spawnSync(shell, argv, {
    cwd: folder,
    env: { PATH: `${folder}:${process.env['PATH']}`, HOME: folder, TERM: 'dumb', LC_ALL: 'C.UTF-8', ...env },
    encoding: 'utf8',
    timeout: 20_000,
  })
  return stderr + stdout
}

describe.skipIf(!isThere('bash'))('bash', () => {
  /** @param words the words into which bash splits the line */
  function offered(words: readonly string[], env: NodeJS.ProcessEnv = {}): string {
    const program = `source <(tikmeter completion bash)
      complete -p tikmeter
      COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
      _tikmeter
      printf '%s\\n' "\${COMPREPLY[@]}"`
    return run('bash', ['--norc', '-c', program, 'bash', ...words], env)
  }

  test('accepts the script, and offers commands, values, and the config’s routers', () => {
    const registered = 'complete -F _tikmeter tikmeter\n'
    expect(offered(['tikmeter', 'us'])).toBe(`${registered}usage\n`)
    expect(offered(['tikmeter', 'usage', '--by', '=', 'mo'])).toBe(`${registered}month\n`)
    expect(offered(['tikmeter', 'probe', 'acme/'], { TIKMETER_CONFIG: 'two.yaml' })).toBe(
      `${registered}acme/hq\nacme/north\n`,
    )
  })

  test('offers nothing without a config, and evaluates nothing that is typed', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as it would be typed
    expect(offered(['tikmeter', 'probe', '$(touch${IFS}evaluated)', 'a'])).not.toContain('error')
    expect(offered(['tikmeter', 'probe', 'a'])).toBe('complete -F _tikmeter tikmeter\n\n')
    expect(execFileSync('ls', [folder], { encoding: 'utf8' })).not.toContain('evaluated')
  })
})

describe.skipIf(!isThere('fish'))('fish', () => {
  function offered(line: string): string {
    const program = 'tikmeter completion fish | source; complete -C $argv[1]'
    return run('fish', ['--no-config', '-c', program, line], { TIKMETER_CONFIG: 'two.yaml' })
  }

  test('accepts the script, and offers commands, values, files, and the config’s routers', () => {
    expect(offered('tikmeter us')).toBe('usage\tprint usage from the database; default: this month\n')
    expect(offered('tikmeter usage --by=mo')).toBe('--by=month\n')
    expect(offered('tikmeter probe acme/')).toBe('acme/hq\nacme/north\n')
    expect(offered('tikmeter check --config tw')).toBe('two.yaml\n')
    expect(offered('tikmeter check --config=tw')).toBe('--config=two.yaml\n')
    expect(offered('tikmeter check x')).toBe('')
  })
})

describe.skipIf(!isThere('zsh'))('zsh', () => {
  /** The lines after the tab key was pressed, one after the other on a terminal. */
  function completed(...lines: readonly string[]): readonly string[] {
    const program = `zmodload zsh/zpty
      zpty shell zsh -f -i
      zpty -w shell "PS1=; autoload -U compinit; compinit -u -D; source <(tikmeter completion zsh); print rea''dy"
      zpty -r -m shell screen '*ready*'
      for line in "$@"; do
        zpty -w -n shell "$line"$'\\t\\C-aprint -r -- "<\\C-e>"\\n'
        zpty -r -m shell screen $'*\\n<*>*'
        print -r -- "$screen"
      done
      zpty -d shell`
    const screens = run('zsh', ['-f', '-c', program, 'zsh', ...lines], { TIKMETER_CONFIG: 'two.yaml' })
    return Array.from(screens.matchAll(/^<(.*)>\r?$/gm), ([, line = '']) => line)
  }

  test('accepts the script, and completes commands, values, files, and the config’s routers', () => {
    const lines = {
      'tikmeter us': 'tikmeter usage',
      'tikmeter usage --by=mo': 'tikmeter usage --by=month',
      'tikmeter probe acme/n': 'tikmeter probe acme/north',
      'tikmeter check --config=tw': 'tikmeter check --config=two.yaml',
      'tikmeter check x': 'tikmeter check x',
    }
    expect(completed(...Object.keys(lines))).toEqual(Object.values(lines))
  })
})
