// Calling somebody into the meeting: for hosts who may make calls in some project. The server decides both, and which numbers it calls. Those
// who answer are seen by everybody; what else becomes of a call is said to whoever made it, for nobody else can tell.

import { useSignal } from '@preact/signals';
import { useEffect, useId, useLayoutEffect, useRef } from 'preact/hooks';
import { getCall, listMemberships } from '../api/calls.ts';
import type { Membership } from '../api/generated/messages.ts';
import { dialOut } from '../api/moderation.ts';
import type { CallState } from '../calls/call.ts';
import { CALL_LOOKED_AFTER_MS, CALL_LOOKS_MAX } from '../meeting/limits.ts';
import { t } from '../text/room.ts';
import { useDoing } from './doing.ts';
import { Field } from './field.tsx';
import type { Notices } from './notices.tsx';

const PERMISSION = 'voice.calls.create';

const UNDECIDED: readonly CallState[] = ['QUEUED', 'STARTING', 'RINGING'];

/** Why nobody came by this call, in words; empty if somebody did, or it cannot be told. */
async function whyInVain(name: string, number: string): Promise<string> {
  for (let looks = 0; looks < CALL_LOOKS_MAX; looks++) {
    await new Promise((resolve) => setTimeout(resolve, CALL_LOOKED_AFTER_MS));
    const { state, error } = await getCall(name);
    if (UNDECIDED.includes(state)) continue;
    switch (state) {
      case 'BUSY':
      case 'NOT_ANSWERED':
      case 'REJECTED':
        return t(`dialOut.${state}`, { number });
      case 'FAILED':
        return t('dialOut.FAILED', { number, reason: error });
      default:
        return '';
    }
  }
  return '';
}

/** The projects in which one may make calls; none until the server has said so. */
function useProjects() {
  const projects = useSignal<readonly Membership[]>([]);
  useEffect(() => {
    let gone = false;
    listMemberships()
      .then(({ projects: all }) => {
        if (!gone) projects.value = all.filter(({ permissions }) => permissions?.includes(PERMISSION));
      })
      // Whoever cannot be told which projects they have calls from none.
      .catch(() => undefined);
    return () => {
      gone = true;
    };
  }, []);
  return projects;
}

export function DialOut({ space, notices }: { space: string; notices: Notices }) {
  const projects = useProjects();
  const open = useSignal(false);
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useLayoutEffect(() => {
    if (open.value) dialog.current?.showModal();
  }, [open.value]);
  if (projects.value.length === 0) return null;
  return (
    <>
      <button
        type="button"
        class="button small"
        onClick={() => {
          open.value = true;
        }}
      >
        {t('dialOut.open')}
      </button>
      {open.value && (
        <dialog
          ref={dialog}
          class="card confirm"
          aria-labelledby={`${id}-title`}
          onClose={() => {
            open.value = false;
          }}
        >
          <h2 id={`${id}-title`}>{t('dialOut.title')}</h2>
          <Form
            space={space}
            projects={projects.value}
            onCancel={() => dialog.current?.close()}
            onCalled={(call, number) => {
              notices.say(t('dialOut.done', { number }));
              dialog.current?.close();
              whyInVain(call, number)
                .then((why) => why && notices.say(why))
                // Whoever may make calls and not look at them sees who comes.
                .catch(() => undefined);
            }}
          />
        </dialog>
      )}
    </>
  );
}

interface FormProps {
  space: string;
  projects: readonly Membership[];
  onCancel(): void;
  onCalled(call: string, number: string): void;
}

function Form({ space, projects, onCancel, onCalled }: FormProps) {
  const { working, problem, run } = useDoing();
  const id = useId();
  const call = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    // People write numbers with spaces and brackets.
    const number = String(form.get('number')).replace(/[\s()./-]/g, '');
    await run(async () => onCalled(await dialOut(space, String(form.get('project')), number), number));
  };
  return (
    <form onSubmit={call}>
      <Field
        label={t('dialOut.number')}
        name="number"
        hint={t('dialOut.number.hint')}
        problem={problem.value}
        required
        autocomplete="off"
        verbatim
      />
      <div class="field" hidden={projects.length === 1}>
        <label for={`${id}-project`}>{t('dialOut.project')}</label>
        <select id={`${id}-project`} name="project">
          {projects.map(({ project, displayName }) => (
            <option key={project} value={project}>
              {displayName}
            </option>
          ))}
        </select>
      </div>
      <div class="form-actions">
        <button type="button" class="button" onClick={onCancel}>
          {t('confirm.cancel')}
        </button>
        <button type="submit" class="button primary" disabled={working.value}>
          {t('dialOut.call')}
        </button>
      </div>
    </form>
  );
}
