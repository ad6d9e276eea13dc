// Where the focus goes when what had it goes away, as the button that was pressed does: a browser begins at the top of the page then,
// and a screen reader says nothing.

import type { RefObject } from 'preact';
import { useLayoutEffect } from 'preact/hooks';

/** Who is in this element when it goes away is led to the nearest one around it that takes the focus. */
export function useFocusKept(element: RefObject<HTMLElement | null>): void {
  useLayoutEffect(
    () => () => {
      const gone = element.current;
      // Beside an open dialog nothing takes the focus. Closed, it gives it back to what opened it.
      gone?.querySelector<HTMLDialogElement>('dialog[open]')?.close();
      if (!gone?.contains(document.activeElement)) return;
      gone.parentElement?.closest<HTMLElement>('[tabindex]')?.focus({ preventScroll: true });
    },
    [],
  );
}
