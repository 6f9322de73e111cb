/** Numbers for whoever watches the gateway, and the text they are told in. https://prometheus.io/docs/instrumenting/exposition_formats/ */

/** A number that goes up and down, or several that differ by a label. */
export interface Gauge {
  /** Letters, digits and `_`. */
  readonly name: string
  /** One line. */
  readonly help: string
  readonly values: readonly GaugeValue[]
}

export interface GaugeValue {
  readonly label?: { readonly name: string; readonly value: string }
  readonly value: number
}

export const metricsMediaType = 'text/plain; version=0.0.4; charset=utf-8'

export function metricsText(gauges: readonly Gauge[]): string {
  return gauges
    .map(({ name, help, values }) => {
      const lines = values.map(({ label, value }) => `${name}${label === undefined ? '' : labelText(label)} ${value}`)
      return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...lines, ''].join('\n')
    })
    .join('')
}

function labelText({ name, value }: NonNullable<GaugeValue['label']>): string {
  return `{${name}="${value.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"}`
}
