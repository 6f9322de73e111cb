/** Port numbers on the command line. */
import { InvalidArgumentError } from 'commander'

/** 0 takes any free port. */
export function readPort(text: string): number {
  const port = Number(text)
  if (text.trim() === '' || !Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new InvalidArgumentError('A port is a number from 0 to 65535.')
  }
  return port
}
