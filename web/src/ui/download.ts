// A file made in the browser.

export function download(name: string, type: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = Object.assign(document.createElement('a'), { href: address, download: name });
  link.click();
  // The browser has read the address by the next turn.
  setTimeout(() => URL.revokeObjectURL(address), 0);
}
