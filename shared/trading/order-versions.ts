/**
 * The version at which an order was read or written, known by the order itself: what is decided on it can be committed
 * without reading it again, and a commit on a version that has passed writes nothing.
 */
import type { OrderRecord } from './model/order-record.ts';

const versions = new WeakMap<OrderRecord, number>();

/** @returns the same order */
export function atVersion(order: OrderRecord, version: number): OrderRecord {
  if (versions.get(order) !== version) versions.set(order, version);
  return order;
}

/** @returns undefined for an order that did not come from the store */
export function versionOf(order: OrderRecord): number | undefined {
  return versions.get(order);
}
