// The settings of one meeting place. Each change is saved at once, and the server's answer is what is shown then: a change may
// bring others with it (without host management there are no restrictions).

import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import type { Space } from '../../api/generated/messages.ts';
import { getSpace, updateSpace } from '../../api/spaces.ts';
import { pathOf } from '../../route.ts';
import { t } from '../../text/account.ts';
import { CopyField } from '../copy.tsx';
import { Choice } from '../field.tsx';
import { Failed, useLoaded, Wait } from '../loading.tsx';
import { Page } from '../page.tsx';
import { isMissing } from '../reason.ts';
import { SavingNote, useSaving } from '../saving.tsx';
import { Members } from './members.tsx';
import { Part } from './part.tsx';
import { RetentionSettings } from './retention.tsx';
import {
  ACCESS_TYPES,
  accessChange,
  type Change,
  ENTRY_POINTS,
  entryPointChange,
  moderationChange,
  RESTRICTIONS,
  restrictionChange,
  type Settings,
  settingsOf,
  withModeration,
} from './settings.ts';

export function SpacePage({ space }: { space: string }) {
  return (
    <Page name="space" up={{ page: 'spaces' }}>
      {() => <Load name={space} />}
    </Page>
  );
}

function Load({ name }: { name: string }) {
  const { state, again } = useLoaded(name, () => getSpace(name));
  switch (state.phase) {
    case 'loading':
      return <Wait />;
    case 'failed':
      return isMissing(state.error) ? <NotYours /> : <Failed error={state.error} onAgain={again} />;
    case 'ready':
      return state.value.config ? <SpaceSettings name={name} loaded={state.value} /> : <NotYours />;
  }
}

function NotYours() {
  return <p class="card gate">{t('space.notYours')}</p>;
}

function SpaceSettings({ name, loaded }: { name: string; loaded: Space }) {
  const settings = useSignal(settingsOf(loaded.config ?? {}));
  /** Changes go out one after the other: an answer that overtakes another would show what no longer holds. */
  const last = useRef<Promise<unknown>>(Promise.resolve());

  /** Shows the change at once, and takes it back if it fails. */
  const save = (change: Change, foreseen: Settings): Promise<void> => {
    const before = settings.peek();
    settings.value = foreseen;
    const saved = last.current.then(async () => {
      try {
        settings.value = settingsOf((await updateSpace(name, change.updateMask, change.config)).config ?? {});
      } catch (error) {
        settings.value = before;
        throw error;
      }
    });
    last.current = saved.catch(() => undefined);
    return saved;
  };

  return (
    <div class="space-settings">
      {loaded.meetingUri && (
        <section class="card space-link">
          <CopyField label={t('space.link')} text={loaded.meetingUri} />
          {loaded.meetingCode && (
            <a class="button" href={pathOf({ page: 'meeting', code: loaded.meetingCode })}>
              {t('space.open')}
            </a>
          )}
        </section>
      )}
      <Access settings={settings.value} save={save} />
      <EntryPoints settings={settings.value} save={save} />
      <Moderation settings={settings.value} save={save} />
      <Members space={name} />
      <RetentionSettings space={name} />
    </div>
  );
}

interface ChoiceProps {
  settings: Settings;
  save(change: Change, foreseen: Settings): Promise<void>;
}

function Access({ settings, save }: ChoiceProps) {
  const saving = useSaving();
  return (
    <Part id="access" title={t('space.access.title')}>
      <div role="radiogroup" aria-labelledby="access" class="choices">
        {ACCESS_TYPES.map((accessType) => (
          <Choice
            key={accessType}
            kind="radio"
            name="access"
            label={t(`space.access.${accessType}`)}
            hint={t(`space.access.${accessType}.text`)}
            checked={settings.accessType === accessType}
            onChange={() => void saving.run(() => save(accessChange(accessType), { ...settings, accessType }))}
          />
        ))}
      </div>
      <SavingNote saving={saving} />
    </Part>
  );
}

function EntryPoints({ settings, save }: ChoiceProps) {
  const saving = useSaving();
  return (
    <Part id="entry-points" title={t('space.entryPoints.title')}>
      <div role="radiogroup" aria-labelledby="entry-points" class="choices">
        {ENTRY_POINTS.map((entryPoints) => (
          <Choice
            key={entryPoints}
            kind="radio"
            name="entry-points"
            label={t(`space.entryPoints.${entryPoints}`)}
            hint={t(`space.entryPoints.${entryPoints}.text`)}
            checked={settings.entryPoints === entryPoints}
            onChange={() => void saving.run(() => save(entryPointChange(entryPoints), { ...settings, entryPoints }))}
          />
        ))}
      </div>
      <SavingNote saving={saving} />
    </Part>
  );
}

function Moderation({ settings, save }: ChoiceProps) {
  const saving = useSaving();
  const { moderation, restrictions } = settings;
  return (
    <Part id="moderation" title={t('space.moderation.title')}>
      <Choice
        kind="switch"
        label={t('space.moderation.on')}
        hint={t('space.moderation.on.text')}
        checked={moderation}
        onChange={() =>
          void saving.run(() => save(moderationChange(!moderation), withModeration(settings, !moderation)))
        }
      />
      <fieldset class="choices nested" disabled={!moderation}>
        <legend>{t('space.moderation.restrictions')}</legend>
        {RESTRICTIONS.map((kind) => (
          <Choice
            key={kind}
            kind="checkbox"
            label={t(`space.moderation.${kind}`)}
            checked={restrictions[kind]}
            onChange={() =>
              void saving.run(() =>
                save(restrictionChange(kind, !restrictions[kind]), {
                  ...settings,
                  restrictions: { ...restrictions, [kind]: !restrictions[kind] },
                }),
              )
            }
          />
        ))}
      </fieldset>
      <SavingNote saving={saving} />
    </Part>
  );
}
