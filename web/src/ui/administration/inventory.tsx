// What there is of one kind: a list of named things, each of which can be taken out.

import type { ComponentChildren } from 'preact';
import type { PagedList } from '../../api/pages.ts';
import { Listing } from '../loading.tsx';
import { focusHeading } from '../page.tsx';

export interface InventoryProps<Item> {
  list: PagedList<Item>;
  label: string;
  /** What is said when there is nothing. */
  none: string;
  /** One of them; `onRemoved` after the server has forgotten it. */
  row(item: Item, onRemoved: () => void): ComponentChildren;
}

export function Inventory<Item extends { name: string }>({ list, label, none, row }: InventoryProps<Item>) {
  const removed = (item: Item) => {
    list.change((items) => items.filter(({ name }) => name !== item.name));
    focusHeading();
  };
  return (
    <Listing
      list={list}
      label={label}
      empty={<p>{none}</p>}
      keyOf={({ name }) => name}
      row={(item) => row(item, () => removed(item))}
    />
  );
}
