// Hints that the network under a connection may be another now. None of them is certain: browsers say whether they are on a
// network at all, and some when they believe it to be faster or slower. So a hint only makes the page look.

/** `hint` is called for each. Returns what stops it. */
export function watchNetwork(hint: () => void): () => void {
  // Where there is such a thing: it is no standard yet.
  const { connection } = navigator as Navigator & { connection?: EventTarget };
  window.addEventListener('online', hint);
  window.addEventListener('offline', hint);
  connection?.addEventListener('change', hint);
  return () => {
    window.removeEventListener('online', hint);
    window.removeEventListener('offline', hint);
    connection?.removeEventListener('change', hint);
  };
}
