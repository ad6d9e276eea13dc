// Programs that a process has started. One that stands still can be looked at for as long as one likes, however fast the machine is.

import { readFileSync, readdirSync } from 'node:fs';

import { until } from './until.js';

/** The processes of this name that this one has started and that have not ended, each with the letter of its state. */
export function startedBy(parent, name) {
  const numbers = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  return numbers.flatMap((number) => {
    let text;
    try {
      text = readFileSync(`/proc/${number}/stat`, 'utf8');
    } catch {
      // It ended meanwhile.
      return [];
    }
    const [, command, state, by] = text.match(/^\d+ \((.*)\) (\S) (\d+) /s);
    return command === name && Number(by) === parent && state !== 'Z' ? [{ pid: Number(number), state }] : [];
  });
}

/** Waits until one of these runs, and has it stand still; its number. */
export async function hold(parent, name) {
  return until(`${name} to run`, () => {
    const [found] = startedBy(parent, name);
    if (found?.state === 'T') return found.pid;
    if (found) signal(found.pid, 'SIGSTOP');
    return null;
  });
}

/** It goes on. */
export function letGo(pid) {
  signal(pid, 'SIGCONT');
}

function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch {
    // It ended meanwhile.
  }
}
