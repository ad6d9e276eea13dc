// Who belongs to a meeting place for good: members come in without knocking, co-hosts manage the meeting.

import { useSignal } from '@preact/signals';
import type { TargetedEvent } from 'preact';
import { useMemo, useRef } from 'preact/hooks';
import type { Member, MemberRole } from '../../api/generated/messages.ts';
import { openPages } from '../../api/pages.ts';
import { ApiError } from '../../api/request.ts';
import { addMember, listMembers, removeMember, setRole } from '../../api/spaces.ts';
import { t } from '../../text/account.ts';
import { Field, valueOf } from '../field.tsx';
import { Listing } from '../loading.tsx';
import { problemWith, reasonOf } from '../reason.ts';
import { SavingNote, useSaving } from '../saving.tsx';
import { Part } from './part.tsx';

/** The contract has no word for a member who is no more than that. */
type Role = 'MEMBER' | MemberRole;
const ROLES = ['MEMBER', 'COHOST'] as const satisfies readonly Role[];

export function Members({ space }: { space: string }) {
  const list = useMemo(() => openPages<Member>((token) => listMembers(space, token)), [space]);
  const saving = useSaving();

  const show = (shown: Member) =>
    list.change((items) => items.map((item) => (item.name === shown.name ? shown : item)));
  const change = (member: Member, role: Role) =>
    void saving.run(
      async () => {
        const { role: _, ...rest } = member;
        // The select shows the new role already; taking the old one again makes it show that if this fails.
        show({ ...rest, ...given(role) });
        try {
          await setRole(member.name, given(role));
        } catch (error) {
          show(member);
          throw error;
        }
      },
      t('members.changed', { email: emailOf(member), role: t(`members.role.${role}`) }),
    );

  const remove = async (member: Member) => {
    const done = await saving.run(
      () => removeMember(member.name),
      t('members.removed', { email: emailOf(member) }),
    );
    if (!done) return;
    list.change((items) => items.filter(({ name }) => name !== member.name));
    document.getElementById('members')?.focus();
  };

  const added = (member: Member) => {
    list.change((items) => [...items, member]);
    saving.succeed(t('members.added', { email: emailOf(member) }));
  };

  return (
    <Part id="members" title={t('members.title')} lead={t('members.lead')}>
      <Listing
        list={list}
        label={t('members.title')}
        empty={<p>{t('members.none')}</p>}
        keyOf={({ name }) => name}
        row={(member) => (
          <Row member={member} onPick={(role) => change(member, role)} onRemove={() => void remove(member)} />
        )}
      />
      <SavingNote saving={saving} />
      <AddMember space={space} onAdded={added} />
    </Part>
  );
}

function Row({ member, onPick, onRemove }: { member: Member; onPick(role: Role): void; onRemove(): void }) {
  const email = emailOf(member);
  return (
    <div class="row">
      <span class="row-main row-title">{email}</span>
      <div class="row-actions">
        <RolePicker label={t('members.roleOf', { email })} role={member.role ?? 'MEMBER'} onPick={onPick} />
        <button
          type="button"
          class="button quiet small danger"
          aria-label={t('members.removeOf', { email })}
          onClick={onRemove}
        >
          {t('members.remove')}
        </button>
      </div>
    </div>
  );
}

function AddMember({ space, onAdded }: { space: string; onAdded(member: Member): void }) {
  const problem = useSignal('');
  const role = useSignal<Role>('MEMBER');
  const form = useRef<HTMLFormElement>(null);

  const add = async (event: TargetedEvent<HTMLFormElement>) => {
    event.preventDefault();
    const email = valueOf(event.currentTarget, 'email');
    const input = event.currentTarget.elements.namedItem('email') as HTMLInputElement;
    problem.value = input.checkValidity() ? '' : t('members.email.invalid');
    if (!problem.value) {
      try {
        onAdded(await addMember(space, { email, ...given(role.peek()) }));
        form.current?.reset();
      } catch (error) {
        const taken = error instanceof ApiError && error.status === 'ALREADY_EXISTS';
        problem.value = taken ? t('members.email.taken') : problemWith(error, 'email') || reasonOf(error);
      }
    }
    input.focus();
  };

  return (
    <form ref={form} class="inline-form" onSubmit={add} noValidate aria-label={t('members.add.title')}>
      <Field
        label={t('members.email')}
        name="email"
        type="email"
        required
        autocomplete="off"
        problem={problem.value}
        onInput={() => {
          problem.value = '';
        }}
      />
      <div class="field">
        <label for="new-member-role">{t('members.role')}</label>
        <RolePicker
          id="new-member-role"
          role={role.value}
          onPick={(picked) => {
            role.value = picked;
          }}
        />
      </div>
      <button type="submit" class="button">
        {t('members.add')}
      </button>
    </form>
  );
}

/** A role as the contract has it. */
function given(role: Role): Pick<Member, 'role'> {
  return role === 'MEMBER' ? {} : { role };
}

/** Members are known here by their address; somebody whom a program named by their account need not tell one. */
function emailOf(member: Member): string {
  return member.email || (member.user ?? '');
}

interface RolePickerProps {
  id?: string;
  /** Where no label stands beside it. */
  label?: string;
  role: Role;
  onPick(role: Role): void;
}

function RolePicker({ id, label, role, onPick }: RolePickerProps) {
  return (
    <select id={id} aria-label={label} value={role} onChange={(event) => onPick(event.currentTarget.value as Role)}>
      {ROLES.map((role) => (
        <option key={role} value={role}>
          {t(`members.role.${role}`)}
        </option>
      ))}
    </select>
  );
}
