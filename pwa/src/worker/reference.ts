// The zone's reference data as a screen gets it: items, points, departments, windows, from the zone's own feed.

import type { ItemRecord } from '../forms/item';
import type { Replica } from '../sync/replica';
import type { Reference } from './api';

/** An item's record with the version that a case must name. */
export type PublishedItem = ItemRecord & { readonly version: string };

/** The records are the hub's own, checked when they were published; their shape is that of the catalogue. */
function records<T>(replica: Replica, type: string): T[] {
  return Array.from(replica.records.get(type)?.values() ?? [], ({ record }) => record as T);
}

export function itemOf(replica: Replica, id: string): PublishedItem | undefined {
  return replica.records.get('item.publish')?.get(id)?.record as PublishedItem | undefined;
}

/** All that an item is found by. */
export function itemWords(item: ItemRecord | undefined): string {
  if (item === undefined) return '';
  const { initials, full } = item.searchKeys;
  return [item.id, item.name, item.basicCode, initials, full, ...item.aliases].join(' ');
}

interface PointRecord {
  id: string;
  name: string;
}
interface DepartmentRecord extends PointRecord {
  short: string;
}
interface WindowRecord extends PointRecord {
  pointId: string;
  kind: string;
  departments: string[];
}

/** Who manages the devices of a point, its own managers first. */
function administratorsOf({ accounts }: Replica, pointId: string): Reference['administrators'] {
  const open = [...accounts.values()].filter(({ closed }) => !closed);
  const holders = (wanted: string, at: string): Reference['administrators'] =>
    open.filter(({ roles }) => roles.some(({ role, point }) => role === wanted && point === at)).map(({ name }) => ({ name, role: wanted }));
  return [...holders('point_manager', pointId), ...holders('sys_admin', '')];
}

export function referenceOf(replica: Replica, pointId: string): Reference {
  return {
    administrators: administratorsOf(replica, pointId),
    items: records<ItemRecord>(replica, 'item.publish'),
    points: records<PointRecord>(replica, 'point.set').map(({ id, name }) => ({ id, name })),
    departments: records<DepartmentRecord>(replica, 'department.set').map(({ id, name, short }) => ({ id, name, short })),
    windows: records<WindowRecord>(replica, 'window.set').map(({ id, pointId, name, kind, departments }) => ({ id, pointId, name, kind, departments })),
  };
}
