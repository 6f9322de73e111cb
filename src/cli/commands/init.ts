/** `asbru init`: writes a commented configuration file to start from, and the schema that editors check it with. */
import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Command } from 'commander'
import { readEnvironment } from '../../config/environment.ts'
import { everyProvider } from '../../config/every-provider.ts'
import { jsonSchemaText } from '../../config/json-schema.ts'
import { starterText } from '../../config/starter.ts'

interface Options {
  readonly force?: boolean
}

/** Exit code 1 when the file is already there and was left alone. */
export function initCommand(): Command {
  return new Command('init')
    .description('write a commented configuration file to start from')
    .argument('[file]', 'where to write it', 'config.json')
    .option('--force', 'overwrite a file that is already there')
    .action(async (file: string, { force = false }: Options) => {
      if (!(await write(file, starterText(everyProvider, readEnvironment().variables), force))) {
        process.stdout.write(`${file} is already there and was left as it is. Use --force to overwrite it.\n`)
        process.exitCode = 1
        return
      }
      const schema = join(dirname(file), 'config.schema.json')
      await write(schema, jsonSchemaText(), force)
      process.stdout.write(`Wrote ${file} and ${schema}. Start with: asbru --config ${file}\n`)
    })
}

/** False where there is a file already that must not be overwritten. */
async function write(file: string, text: string, force: boolean): Promise<boolean> {
  try {
    await writeFile(file, text, { flag: force ? 'w' : 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}
