// Runs the built program beside it from the code that V8 compiled earlier. With TIKMETER_COMPILED=leave it compiles the
// program and writes that code to a file when it ends. Another version of V8 ignores the file and compiles the program.
const { readFileSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')
const { Script, constants } = require('node:vm')

const filename = join(__dirname, 'program.cjs')
const file = `${filename}.compiled`
const isLeft = process.env.TIKMETER_COMPILED === 'leave'
// The build is plain ASCII. Decoding it as UTF-8 takes three times as long.
const script = new Script(readFileSync(filename, 'latin1'), {
  filename,
  cachedData: isLeft ? undefined : readFileSync(file),
  importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
})
if (isLeft) process.once('exit', () => writeFileSync(file, script.createCachedData()))
script.runInThisContext()(require, filename)
