/** Puts all of a list behind another, however long it is: what `push` takes as arguments has to fit on the stack. */
export function addAll<Item>(list: Item[], more: readonly Item[]): void {
  for (const item of more) list.push(item)
}
