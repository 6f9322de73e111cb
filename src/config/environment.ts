/** What the environment says about the gateway itself: the only place that reads `process.env`. */
import { ConfigFaults, type Finding } from './finding.ts'
import { nearest } from './nearest.ts'
import type { Variables } from './reference.ts'

/** Settings of the process; what the command line says comes before them. */
export interface Environment {
  /** All variables, for `env.NAME` and for providers. */
  readonly variables: Variables
  readonly host: string | undefined
  readonly port: number | undefined
  readonly logLevel: LogLevel | undefined
  /** `ASBRU_CONFIG`: the configuration file. */
  readonly configFile: string | undefined
  /** `ASBRU_APP_DIR`: the directory where everything is kept. */
  readonly appDirectory: string | undefined
  readonly machineIdentity: MachineIdentity
}

/** What Azure puts into the environment of a machine or a pod that has an identity of its own. */
export interface MachineIdentity {
  readonly tenantId: string | undefined
  readonly clientId: string | undefined
  /** Workload identity: the file with the token of the service account. */
  readonly federatedTokenFile: string | undefined
  /** Workload identity: who issues tokens. */
  readonly authorityHost: string | undefined
  /** Managed identity in App Service, Container Apps and Functions. */
  readonly endpoint: string | undefined
  readonly header: string | undefined
}

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

export type LogLevel = (typeof logLevels)[number]

/** Throws `ConfigFaults` naming every variable that is wrong. */
export function readEnvironment(variables: Variables = process.env): Environment {
  const faults: Finding[] = []
  const text = (name: string) => variables[name]?.trim() || undefined
  const environment = {
    variables,
    host: text('HOST'),
    port: readPort(text('PORT'), faults),
    logLevel: readLogLevel(text('LOG_LEVEL'), faults),
    configFile: text('ASBRU_CONFIG'),
    appDirectory: text('ASBRU_APP_DIR'),
    machineIdentity: {
      tenantId: text('AZURE_TENANT_ID'),
      clientId: text('AZURE_CLIENT_ID'),
      federatedTokenFile: text('AZURE_FEDERATED_TOKEN_FILE'),
      authorityHost: text('AZURE_AUTHORITY_HOST'),
      endpoint: text('IDENTITY_ENDPOINT'),
      header: text('IDENTITY_HEADER'),
    },
  }
  if (faults.length > 0) throw new ConfigFaults('the environment', faults)
  return environment
}

function readPort(text: string | undefined, faults: Finding[]): number | undefined {
  if (text === undefined) return undefined
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text)
  faults.push({ path: 'PORT', message: `found ${JSON.stringify(text)}, expected a number from 0 to 65535.` })
  return undefined
}

function readLogLevel(text: string | undefined, faults: Finding[]): LogLevel | undefined {
  const level = text?.toLowerCase()
  if (level === undefined || (logLevels as readonly string[]).includes(level)) return level as LogLevel | undefined
  const guess = nearest(level, logLevels)
  faults.push({
    path: 'LOG_LEVEL',
    message: `found ${JSON.stringify(text)}, expected one of ${logLevels.join(', ')}.`,
    ...(guess === undefined ? {} : { nearest: guess }),
  })
  return undefined
}
