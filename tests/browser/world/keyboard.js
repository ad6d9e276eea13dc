// What somebody does who has no mouse.

/** Presses Tab until the focus is there; fails if it never gets there. */
export async function tabTo(page, locator, { stepsMax = 80 } = {}) {
  for (let step = 0; step < stepsMax; step += 1) {
    if (await locator.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab does not reach ${locator}`);
}

/** The text of what has the focus. */
export function focused(page) {
  return page.evaluate(() => document.activeElement?.textContent?.trim() ?? '');
}
