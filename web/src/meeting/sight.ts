// Whether anybody can see the page. A tab in the background is not seen, unless one of its pictures stands in a window of its own.

/** Tells whether it is so, now and each time that it may have changed. Returns what stops it. */
export function watchSight(changed: (isSeen: boolean) => void): () => void {
  // Not every browser tells a page of such windows.
  const look = () => changed(document.visibilityState === 'visible' || Boolean(document.pictureInPictureElement));
  const events = ['visibilitychange', 'enterpictureinpicture', 'leavepictureinpicture'];
  for (const event of events) document.addEventListener(event, look);
  look();
  return () => {
    for (const event of events) document.removeEventListener(event, look);
  };
}
