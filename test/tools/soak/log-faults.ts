/** Node warns once about each emitter that accumulates listeners. */
const LEAK = 'MaxListenersExceededWarning'
const RELOADED = 'config reloaded'
const NOT_RELOADED = 'config not reloaded'

/** Faults in a daemon's log. */
export function faultsIn(log: string): readonly string[] {
  const lines = log.split('\n')
  const bad = lines.filter(line => line.includes(LEAK) || line.includes(NOT_RELOADED))
  return lines.some(line => line.includes(RELOADED)) ? bad : [...bad, 'no config was reloaded']
}
