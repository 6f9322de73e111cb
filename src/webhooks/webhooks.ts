/** Everything there is of webhooks in one house: the deliverer and the desk, on one store. */
import { createDeliverer, type DelivererOptions } from './deliverer.ts'
import { createDeliveryDesk, type DeliveryDesk } from './desk.ts'

export interface Webhooks {
  readonly desk: DeliveryDesk
  /** From now on receivers are told. */
  start(): void
  /** The same from the first change of a job on: a store that is new has nothing to tell, and need not be opened to look. */
  startWhenDue(): void
  /** Nothing is begun any more, and what is being sent has so many milliseconds. The stores stay open. */
  stop(drainTime: number): Promise<void>
}

export function createWebhooks(options: DelivererOptions): Webhooks {
  const { world, jobs, deliveries } = options
  const deliverer = createDeliverer(options)
  let stopListening = () => {}
  function start(): void {
    stopListening()
    deliverer.start()
  }
  return {
    desk: createDeliveryDesk({ clock: world.clock, deliveries, wake: () => deliverer.wake() }),
    start,
    startWhenDue() {
      stopListening = jobs.onChange(start)
    },
    async stop(drainTime) {
      stopListening()
      await deliverer.stop(drainTime)
    },
  }
}
