// The client's numbers against the server's own, which are read from its source: what one of them changes, the other must.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { CHANNELS } from '../src/meeting/channels.ts';
import * as limits from '../src/meeting/limits.ts';
import { SENT_BY } from '../src/meeting/lines.ts';
import { REACTIONS } from '../src/meeting/reactions.ts';
import { LOUDEST } from '../src/meeting/speaker.ts';
import { PASSWORD_CHARACTERS_MIN } from '../src/ui/passwordRules.ts';

/** What a pattern captures in a file of the server's. A constant that is not found has been moved, and must be found again. */
function captured(file: string, pattern: RegExp): string {
  // The tests run from the folder of package.json.
  const found = pattern.exec(readFileSync(`../crates/${file}`, 'utf8'))?.[1];
  assert.ok(found !== undefined, `${pattern} is not in crates/${file}`);
  return found;
}

/** An integer constant. */
function constant(file: string, name: string): number {
  return Number(captured(file, new RegExp(`const ${name}: u(?:size|8|16|32|64) = ([\\d_]+);`)).replaceAll('_', ''));
}

/** A constant of whole seconds. */
function seconds(file: string, name: string): number {
  return Number(captured(file, new RegExp(`const ${name}: Duration = Duration::from_secs\\((\\d+)\\);`)));
}

/** The texts between quotation marks. */
function texts(source: string): string[] {
  return [...source.matchAll(/"([^"]+)"/g)].map(([, text = '']) => text);
}

test('a constant that the server does not have is missed', () => {
  assert.throws(() => constant('media/src/limits.rs', 'NO_SUCH_LINES'), /NO_SUCH_LINES/);
});

test('a number that both sides have is the same', () => {
  const check = (ours: number, file: string, name: string) => assert.equal(ours, constant(file, name), name);
  check(limits.AUDIO_LINES, 'media/src/limits.rs', 'AUDIO_LINES');
  check(limits.VIDEO_LINES, 'media/src/limits.rs', 'VIDEO_LINES');
  check(limits.CHAT_CHARACTERS_MAX, 'media/src/limits.rs', 'CHAT_CHARACTERS');
  check(limits.NAME_CHARACTERS_MAX, 'meeting/src/limits.rs', 'DISPLAY_NAME_CHARACTERS_MAX');
  check(PASSWORD_CHARACTERS_MIN, 'identity/src/limits.rs', 'PASSWORD_CHARACTERS_MIN');
  check(LOUDEST, 'media/src/core/room/packets.rs', 'LOUDEST_CSRC');
});

test('no device sends more video than the server takes', () => {
  const most = constant('media/src/limits.rs', 'SENDING_VIDEO_LINES');
  for (const [device, sent] of Object.entries(SENT_BY))
    assert.ok(sent.filter((name) => name !== 'microphone').length <= most, device);
});

test('the reactions are those that the server passes on', () => {
  const emoji = texts(captured('media/src/core/channels.rs', /const EMOJI: \[&str; \d+\] = \[([^\]]+)\];/));
  assert.deepEqual(
    REACTIONS.map((reaction) => reaction.emoji),
    emoji,
  );
});

test('the channels are those that the server knows', () => {
  const labels = texts(captured('media/src/core/channels.rs', /pub fn label\(self\)[^{]*\{\s*match self \{([^}]+)\}/));
  assert.deepEqual([...CHANNELS].sort(), labels.sort());
});

test('the client gives up before the server does, and asks no faster than it may', () => {
  const patience_ms = 1_000 * seconds('media/src/limits.rs', 'CONNECT_DEADLINE');
  assert.ok(limits.OPENING_TIMEOUT_MS < patience_ms, 'what comes up after our timeout would be nobody’s');
  const perSecond = captured('media/src/limits.rs', /const MESSAGES: Pace = Pace \{\s*per_second: (\d+)/);
  assert.ok(1_000 / limits.ASSIGNMENT_PAUSE_MS <= Number(perSecond));
});
