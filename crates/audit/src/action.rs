//! What can stand in a line, once: the names are what readers filter by, so they are part of the contract and stay.

/// Declares the actions with their names, and so that no list of them can be forgotten.
macro_rules! actions {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// Something that is worth a line.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Action {
            $($(#[$doc])* $variant,)*
        }

        impl Action {
            /// All of them.
            pub const ALL: &[Action] = &[$(Action::$variant,)*];

            /// Its name: what it is about, and what was done, with a dot between.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Action::$variant => $name,)*
                }
            }
        }
    };
}

actions! {
    /// Somebody signed in by a one-time link, or did not. The detail names the link.
    SignInByLink = "sign_in.link",
    /// Somebody signed in by their password, or did not.
    SignInByPassword = "sign_in.password",
    /// Somebody signed in by a provider's word, or did not.
    SignInByProvider = "sign_in.provider",
    /// Attempts to sign in that were refused beyond those which have a line each.
    SignInRefused = "sign_in.refused",
    /// Somebody signed a browser out.
    SignOut = "sign_out",
    /// An account was made.
    UserCreate = "user.create",
    /// The name of an account was changed.
    UserRename = "user.rename",
    /// Somebody became an administrator.
    UserPromote = "user.promote",
    /// Somebody is an ordinary user again.
    UserDemote = "user.demote",
    /// An account was deleted.
    UserDelete = "user.delete",
    /// A one-time sign-in link was made for somebody. The detail names the link.
    UserInvite = "user.invite",
    /// A password was set.
    PasswordSet = "password.set",
    /// A password was taken away.
    PasswordRemove = "password.remove",
    /// Who somebody is at their providers was forgotten.
    ProviderUnlink = "provider.unlink",
    /// A token was issued that acts as somebody. The detail holds its scopes.
    TokenIssue = "token.issue",
    /// Somebody let an application act for them. The detail holds the scopes.
    ConsentGive = "consent.give",
    /// Somebody took that back, or the application gave it back.
    ConsentRevoke = "consent.revoke",
    /// An application was registered.
    AppCreate = "app.create",
    /// An application was deleted.
    AppDelete = "app.delete",
    /// A service account was made.
    ServiceAccountCreate = "service_account.create",
    /// A service account was deleted.
    ServiceAccountDelete = "service_account.delete",
    /// A service account got a key.
    KeyCreate = "key.create",
    /// A key of a service account was deleted.
    KeyDelete = "key.delete",
    /// An application with roles was made. The detail holds them.
    DaemonCreate = "daemon.create",
    /// An application got other roles. The detail holds those that it has now.
    DaemonRoles = "daemon.roles",
    /// An application with roles was deleted.
    DaemonDelete = "daemon.delete",
    /// An application with roles got a secret or a certificate.
    CredentialCreate = "credential.create",
    /// A secret or a certificate of an application was deleted.
    CredentialDelete = "credential.delete",
    /// A service account may act as any user. The detail holds the scopes.
    GrantCreate = "grant.create",
    /// A service account may not any more.
    GrantDelete = "grant.delete",
    /// A domain was given to an organisation.
    DomainCreate = "domain.create",
    /// What holds for the organisation of a domain was changed.
    DomainUpdate = "domain.update",
    /// A domain was taken from its organisation.
    DomainDelete = "domain.delete",
    /// A project was made.
    ProjectCreate = "project.create",
    /// Somebody became a member of a project, or one with another role. The detail names them and the role.
    ProjectMember = "project.member",
    /// Somebody is no member of a project any more. The detail names them.
    ProjectMemberRemove = "project.member_remove",
    /// The key by which a project signs what it sends was shown to an administrator.
    ProjectKeyShow = "project.key_show",
    /// A project got another key for signing what it sends.
    ProjectKeyRotate = "project.key_rotate",
    /// A SIP domain was made.
    SipDomainCreate = "sip_domain.create",
    /// A SIP domain was changed.
    SipDomainUpdate = "sip_domain.update",
    /// A SIP domain was deleted.
    SipDomainDelete = "sip_domain.delete",
    /// A SIP domain got a user.
    SipUserCreate = "sip_user.create",
    /// A user of a SIP domain got another password.
    SipUserUpdate = "sip_user.update",
    /// A user of a SIP domain was deleted.
    SipUserDelete = "sip_user.delete",
    /// A SIP domain got an alias.
    SipAliasCreate = "sip_alias.create",
    /// An alias of a SIP domain says something else.
    SipAliasUpdate = "sip_alias.update",
    /// An alias of a SIP domain was deleted.
    SipAliasDelete = "sip_alias.delete",
    /// A project got a phone number. The detail says which.
    PhoneNumberCreate = "phone_number.create",
    /// It was said anew who is asked when a phone number is called, or what else is said of it.
    PhoneNumberUpdate = "phone_number.update",
    /// A phone number was taken from its project. The detail says which.
    PhoneNumberDelete = "phone_number.delete",
    /// A phone number was given to another project. The detail says to which.
    PhoneNumberMove = "phone_number.move",
    /// A recording was fetched by a link. The detail says which file, or in which form.
    RecordingDownload = "recording.download",
    /// A recording was deleted: by somebody, or by the server since it was as old as its project keeps them.
    RecordingDelete = "recording.delete",
    /// Somebody began to record a call or a meeting that goes on.
    RecordingStart = "recording.start",
    /// Somebody stopped the recording of a call or a meeting.
    RecordingStop = "recording.stop",
    /// Somebody paused a recording. Of a call, the detail says whether the time is left out or silent.
    RecordingPause = "recording.pause",
    /// Somebody let a recording go on that was paused.
    RecordingResume = "recording.resume",
    /// Somebody in a meeting agreed to be recorded, for themselves. The detail names the participant.
    RecordingAgree = "recording.agree",
    /// Somebody in a meeting does not agree to be recorded, or no longer. The detail names the participant.
    RecordingRefuse = "recording.refuse",
    /// Somebody wants one video of all of a recorded meeting.
    RecordingCompose = "recording.compose",
    /// It was said whether people in meetings are asked before they are recorded. The detail says which.
    MeetingPolicySet = "meeting_policy.set",
    /// It was said how recordings of a project are kept and what is heard of them. The detail holds it, without what is announced.
    RecordingPolicySet = "recording_policy.set",
    /// A recording, or all of a project, came under a legal hold.
    HoldSet = "hold.set",
    /// A legal hold was lifted.
    HoldLift = "hold.lift",
    /// A call does not say any more who called or was called.
    CallForget = "call.forget",
    /// It was said how long the records of a space are kept.
    RetentionSet = "retention.set",
    /// A host ended a meeting for all.
    MeetingEnd = "meeting.end",
    /// A host put somebody out of a meeting. The detail names the participant.
    MeetingRemove = "meeting.remove",
    /// This log was taken away as a file.
    AuditExport = "audit.export",
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_words_with_dots_and_each_is_there_once() {
        let mut seen = BTreeSet::new();
        for action in Action::ALL {
            let name = action.name();
            assert!(seen.insert(name), "{name}");
            let of_name = |byte: u8| byte.is_ascii_lowercase() || byte == b'_' || byte == b'.';
            assert!(name.bytes().all(of_name), "{name}");
        }
    }

    #[test]
    fn each_kind_is_on_the_page_of_whoever_runs_a_server() {
        let page = include_str!("../../../docs/operate/security.md");
        let missing: BTreeSet<_> = Action::ALL
            .iter()
            .map(|action| action.name().split_inclusive('.').next().expect("the first part"))
            .filter(|kind| !page.contains(&format!("`{kind}`")))
            .collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
