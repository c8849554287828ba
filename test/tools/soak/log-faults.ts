/** Node warns once of each emitter that gathers listeners. */
const LEAK = 'MaxListenersExceededWarning'
const RELOADED = 'config reloaded'
const NOT_RELOADED = 'config not reloaded'

/** What a daemon's log tells that must not be. */
export function faultsIn(log: string): readonly string[] {
  const lines = log.split('\n')
  const bad = lines.filter(line => line.includes(LEAK) || line.includes(NOT_RELOADED))
  return lines.some(line => line.includes(RELOADED)) ? bad : [...bad, 'no config was reloaded']
}
