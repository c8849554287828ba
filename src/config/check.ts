import type { Config } from './config.ts'
import type { Fault } from './fault.ts'

/** One line per fault, as compilers print them: editors and terminals turn `file:line:column` into a link. */
export function formatFaults(faults: readonly Fault[]): string {
  return faults.map(formatFault).join('\n')
}

function formatFault({ file, line, column, path, message }: Fault): string {
  return `${file}:${line}:${column} ${path === '' ? '' : `${path}: `}${message}`
}

/** The line that `check` prints for a file without faults. */
export function summary(config: Config): string {
  const routers = config.tenants.flatMap(tenant => tenant.routers)
  const disabled = routers.filter(router => !router.enabled).length
  const note = disabled === 0 ? '' : ` (${disabled} disabled)`
  return `ok: ${count(config.tenants.length, 'tenant')}, ${count(routers.length, 'router')}${note}`
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
