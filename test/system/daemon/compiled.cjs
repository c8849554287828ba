// Runs the built program beside it without compiling it again. With TIKMETER_COMPILED=leave it compiles the program, and
// writes what V8 has compiled to a file as it ends. Another V8 than the one that wrote the file compiles all of it.
const { readFileSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')
const { Script, constants } = require('node:vm')

const filename = join(__dirname, 'program.cjs')
const file = `${filename}.compiled`
const isLeft = process.env.TIKMETER_COMPILED === 'leave'
// The build is plain ASCII. To decode it as UTF-8 takes three times as long.
const script = new Script(readFileSync(filename, 'latin1'), {
  filename,
  cachedData: isLeft ? undefined : readFileSync(file),
  importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
})
if (isLeft) process.once('exit', () => writeFileSync(file, script.createCachedData()))
script.runInThisContext()(require, filename)
