// Whether people in meetings are asked before they are recorded, where no organisation says so: for all meetings while no domain is set,
// and then for those whose owner has an address elsewhere.

import { getMeetingPolicy, setAsksToRecord } from '../../api/administration.ts';
import type { MeetingPolicy } from '../../api/generated/messages.ts';
import { t } from '../../text/administration.ts';
import { Choice } from '../field.tsx';
import { Failed, useLoaded, Wait } from '../loading.tsx';
import { SavingNote, useSaving } from '../saving.tsx';

export function Asking() {
  const { state, again, set } = useLoaded('meetingPolicy', getMeetingPolicy);
  return (
    <section class="card" aria-labelledby="asking">
      <h2 id="asking">{t('asking.title')}</h2>
      {state.phase === 'loading' && <Wait />}
      {state.phase === 'failed' && <Failed error={state.error} onAgain={again} />}
      {state.phase === 'ready' && <Switch policy={state.value} onChanged={set} />}
    </section>
  );
}

function Switch({ policy: { asksToRecord = false }, onChanged }: { policy: MeetingPolicy; onChanged(policy: MeetingPolicy): void }) {
  const saving = useSaving();
  const turn = () => saving.run(async () => onChanged(await setAsksToRecord(!asksToRecord)));
  return (
    <>
      <Choice
        kind="switch"
        label={t('asking.switch')}
        hint={t('asking.switch.hint')}
        checked={asksToRecord}
        onChange={() => void turn()}
      />
      <SavingNote saving={saving} />
    </>
  );
}
