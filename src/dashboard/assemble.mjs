import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/*
 * Assembles `dist/dashboard`, a folder that any web server can serve. The compiler writes the modules and the client to
 * two folders and imports uPlot by its npm name; here everything is beside the page, and browsers find it by path.
 */

const COMPILED = 'dist/dashboard-modules'
const SOURCE = 'src/dashboard'
const UPLOT = 'node_modules/uplot'
const TARGET = 'dist/dashboard'

rmSync(TARGET, { recursive: true, force: true })
mkdirSync(TARGET, { recursive: true })
for (const name of readdirSync(join(COMPILED, 'dashboard'))) {
  const text = readFileSync(join(COMPILED, 'dashboard', name), 'utf8')
  const placed = text
    .replaceAll("from '../client/", "from './client/")
    .replaceAll("from 'uplot'", "from './uPlot.esm.js'")
  writeFileSync(join(TARGET, name), placed)
}
cpSync(join(COMPILED, 'client'), join(TARGET, 'client'), { recursive: true })
for (const name of ['index.html', 'dashboard.css', 'icon.svg']) cpSync(join(SOURCE, name), join(TARGET, name))
for (const name of ['uPlot.esm.js', 'uPlot.min.css']) cpSync(join(UPLOT, 'dist', name), join(TARGET, name))
cpSync(join(UPLOT, 'LICENSE'), join(TARGET, 'uPlot.LICENSE'))
rmSync(COMPILED, { recursive: true })
