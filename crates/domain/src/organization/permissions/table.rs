//! The rows of the permission table.

use super::Scope;
use crate::organization::roles::Role;
use crate::words::Message;

/// Who may do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Whoever is at work here, for oneself.
    Everyone,
    /// The holders of these roles, so far.
    Roles(&'static [(Role, Scope)]),
}

/// Writes each action once: its name, its stored key, its entry in the
/// catalogues, and who may do it.
macro_rules! actions {
    ($($(#[$doc:meta])* $action:ident, $key:literal, $label:literal, $who:expr;)*) => {
        /// What can be done. Every route of the product names one.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action {
            $($(#[$doc])* $action,)*
        }

        impl Action {
            /// All actions, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$action),*];

            /// The word for storage and routes; it never changes.
            pub fn key(self) -> &'static str {
                match self {
                    $(Self::$action => $key,)*
                }
            }

            /// Its name for people.
            pub fn label(self) -> Message {
                Message::new(match self {
                    $(Self::$action => $label,)*
                })
            }

            /// Who may do it.
            pub fn who(self) -> Who {
                match self {
                    $(Self::$action => $who,)*
                }
            }
        }

        /// The permission table. There is no other, and what is not here is
        /// not allowed.
        pub const TABLE: &[(Action, Who)] = &[$((Action::$action, $who)),*];
    };
}

impl Action {
    /// The action of a stored word.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|action| action.key() == key)
    }

    /// How far a role reaches with it; the farthest row counts.
    pub fn scope(self, role: Role) -> Option<Scope> {
        match self.who() {
            Who::Everyone => None,
            Who::Roles(rows) => rows
                .iter()
                .filter(|(of, _)| *of == role)
                .map(|(_, scope)| *scope)
                .max(),
        }
    }

    /// Whether it is done to the person who does it.
    pub fn is_of_oneself(self) -> bool {
        self.key().starts_with("self.")
    }

    /// Whether a reason has to be given, which stands in the audit trail.
    pub fn needs_reason(self) -> bool {
        matches!(
            self,
            Self::PeopleUnmask
                | Self::PersonsRegisterUnmask
                | Self::PersonsRegisterErase
                | Self::RequestsUnmask
                | Self::JobsDrop
                | Self::InspectionConfirm
                | Self::LettersVoid
        )
    }
}

use Role::{
    AuditAdministrator, Clerk, Handler, Leader, LegalReviewer, OfficeHead, Reviewer,
    SecrecyReviewer, SecurityAdministrator, Supervisor, SystemAdministrator,
};
use Scope::{Any, Own, Subordinate};
use Who::{Everyone, Roles};

/// Every role of an organization, for what is done in it by whoever works there.
const AT_WORK: Who = Roles(&[
    (Clerk, Own),
    (Handler, Own),
    (Reviewer, Own),
    (LegalReviewer, Own),
    (OfficeHead, Own),
    (Leader, Own),
    (SecrecyReviewer, Own),
    (Supervisor, Own),
]);
/// Entries of bodies are seen by those who work there, by those who supervise
/// them, and by all three administrators, whose pages name them.
const SEE_ORGANIZATIONS: Who = Roles(&[
    (Clerk, Own),
    (Handler, Own),
    (Reviewer, Own),
    (LegalReviewer, Own),
    (OfficeHead, Own),
    (Leader, Own),
    (SecrecyReviewer, Own),
    (Supervisor, Subordinate),
    (SystemAdministrator, Any),
    (SecurityAdministrator, Any),
    (AuditAdministrator, Any),
]);
const SEE_PEOPLE: Who = Roles(&[
    (Clerk, Own),
    (OfficeHead, Own),
    (Supervisor, Subordinate),
    (SystemAdministrator, Any),
    (SecurityAdministrator, Any),
]);
const OFFICE: Who = Roles(&[(Clerk, Own), (OfficeHead, Own)]);
const REGISTER: Who = Roles(&[(Clerk, Own), (Handler, Own), (OfficeHead, Own)]);
const REGISTER_HEAD: Who = Roles(&[(OfficeHead, Own)]);
/// Whoever works on what is to go out, or has come in.
const INSPECT: Who = Roles(&[
    (Clerk, Own),
    (Handler, Own),
    (Reviewer, Own),
    (LegalReviewer, Own),
    (OfficeHead, Own),
    (Leader, Own),
    (SecrecyReviewer, Own),
]);
/// Papers under review are seen by those who work at them, and by those who
/// supervise the body; no administrator sees any.
const SEE_REVIEWS: Who = Roles(&[
    (Clerk, Own),
    (Handler, Own),
    (Reviewer, Own),
    (LegalReviewer, Own),
    (OfficeHead, Own),
    (Leader, Own),
    (SecrecyReviewer, Own),
    (Supervisor, Subordinate),
]);
const WRITE_PAPERS: Who = Roles(&[
    (Clerk, Own),
    (Handler, Own),
    (Reviewer, Own),
    (OfficeHead, Own),
]);
const TAKE_STEPS: Who = Roles(&[
    (Clerk, Own),
    (Handler, Own),
    (Reviewer, Own),
    (LegalReviewer, Own),
    (OfficeHead, Own),
    (Leader, Own),
    (SecrecyReviewer, Own),
]);
/// Who answers for it: the secrecy reviewer (Art. 17) and the office's head.
const CONFIRM: Who = Roles(&[(OfficeHead, Own), (SecrecyReviewer, Own)]);
const DECIDE_URGENCY: Who = Roles(&[(OfficeHead, Own), (Leader, Own)]);
/// Whoever takes in what comes (Art. 29, 31) and keeps the register of requests.
const TAKE_IN: Who = Roles(&[(Clerk, Own), (OfficeHead, Own)]);
/// Whoever works on a request.
const HANDLE: Who = Roles(&[(Clerk, Own), (Handler, Own), (OfficeHead, Own)]);
const HEAD: Who = Roles(&[(OfficeHead, Own)]);
const SYSTEM: Who = Roles(&[(SystemAdministrator, Any)]);
const SECURITY: Who = Roles(&[(SecurityAdministrator, Any)]);
const AUDIT: Who = Roles(&[(AuditAdministrator, Any)]);

actions! {
    /// The page after login.
    OfficeHome, "office.home", "action-office-home", Everyone;
    /// One's own password.
    SelfPassword, "self.password", "action-self-password", Everyone;
    /// One's own second factor.
    SelfSecondFactor, "self.second_factor", "action-self-second_factor", Everyone;
    /// One's own sessions.
    SelfSessions, "self.sessions", "action-self-sessions", Everyone;
    /// One's own accounts at the provider.
    SelfIdentities, "self.identities", "action-self-identities", Everyone;
    /// Lending one's own roles for an absence.
    SelfDelegate, "self.delegate", "action-self-delegate", AT_WORK;
    /// What one has lent, and what has been lent to one: whoever only stands in
    /// holds no role of their own, and sees it all the same.
    SelfDelegations, "self.delegations", "action-self-delegations", Everyone;
    /// Entries of organizations, which the guide publishes anyway (Art. 12).
    OrganizationsSee, "organizations.see", "action-organizations-see", SEE_ORGANIZATIONS;
    /// The disclosure office and how it is reached (Art. 12).
    OrganizationsEditOffice, "organizations.edit_office", "action-organizations-edit_office", OFFICE;
    /// Founding and changing organizations.
    OrganizationsChange, "organizations.change", "action-organizations-change", SYSTEM;
    /// Organizations from a table.
    OrganizationsImport, "organizations.import", "action-organizations-import", SYSTEM;
    /// Organizations as a table.
    OrganizationsExport, "organizations.export", "action-organizations-export", SYSTEM;
    /// Merging, splitting, renaming, abolishing.
    OrganizationsSucceed, "organizations.succeed", "action-organizations-succeed", SYSTEM;
    /// People, their roles and states; phones stay masked.
    PeopleSee, "people.see", "action-people-see", SEE_PEOPLE;
    /// Inviting a person, which gives no role (GB/T 22239-2019 8.1.5.1).
    PeopleInvite, "people.invite", "action-people-invite", SYSTEM;
    /// A person's name, telephone and mail address.
    PeopleChange, "people.change", "action-people-change", SYSTEM;
    /// Disabling a person, and letting them in again.
    PeopleDisable, "people.disable", "action-people-disable", SYSTEM;
    /// Ending a lock after failed logins.
    PeopleUnlock, "people.unlock", "action-people-unlock", SYSTEM;
    /// Ending another's sessions at once.
    PeopleEndSessions, "people.end_sessions", "action-people-end_sessions", SYSTEM;
    /// Letting in a person who lost the password; the second factor stays.
    PeopleRecover, "people.recover", "action-people-recover", SYSTEM;
    /// Undoing a link between a person and an account at the provider.
    PeopleUnlink, "people.unlink", "action-people-unlink", SYSTEM;
    /// Phones and mail addresses of staff in full, with a reason.
    PeopleUnmask, "people.unmask", "action-people-unmask", SYSTEM;
    /// Giving a role (GB/T 22239-2019 8.1.5.3).
    RolesGrant, "roles.grant", "action-roles-grant", SECURITY;
    /// Taking a role away.
    RolesRevoke, "roles.revoke", "action-roles-revoke", SECURITY;
    /// Everybody's delegations, and ending any of them before its time: roles
    /// are taken away by the one who gives them (GB/T 22239-2019 8.1.5.3), and
    /// a lender who is away may be out of reach.
    DelegationsOversee, "delegations.oversee", "action-delegations-oversee", SECURITY;
    /// Rules of passwords, lockout, sessions, hands, delegation.
    PoliciesSee, "policies.see", "action-policies-see", SECURITY;
    /// Changing those rules.
    PoliciesChange, "policies.change", "action-policies-change", SECURITY;
    /// Settings of the installation.
    SettingsSee, "settings.see", "action-settings-see", SYSTEM;
    /// Changing settings of the installation.
    SettingsChange, "settings.change", "action-settings-change", SYSTEM;
    /// The working-day calendars: years, notices, versions, how far they reach.
    CalendarSee, "calendar.see", "action-calendar-see", SYSTEM;
    /// Loading a year's notice, or local days off.
    CalendarLoad, "calendar.load", "action-calendar-load", SYSTEM;
    /// Jobs that run, wait or failed.
    JobsSee, "jobs.see", "action-jobs-see", SYSTEM;
    /// Running a failed job again.
    JobsRetry, "jobs.retry", "action-jobs-retry", SYSTEM;
    /// Dropping a failed job, with a reason.
    JobsDrop, "jobs.drop", "action-jobs-drop", SYSTEM;
    /// What goes out: what waits, was sent, was refused; addresses masked.
    OutboxSee, "outbox.see", "action-outbox-see", SYSTEM;
    /// Having a message sent again, and trying the way with a mail to oneself.
    OutboxSend, "outbox.send", "action-outbox-send", SYSTEM;
    /// Programs that are told what happens here.
    WebhooksSee, "webhooks.see", "action-webhooks-see", SYSTEM;
    /// Subscribing, changing, stopping them; their secrets are told once.
    WebhooksChange, "webhooks.change", "action-webhooks-change", SYSTEM;
    /// The register of persons, masked.
    PersonsRegisterSee, "persons_register.see", "action-persons_register-see", REGISTER;
    /// New entries of the register, and putting entries right.
    PersonsRegisterAdd, "persons_register.add", "action-persons_register-add", REGISTER;
    /// Numbers of the register in full, with a reason.
    PersonsRegisterUnmask, "persons_register.unmask", "action-persons_register-unmask", REGISTER;
    /// Erasing an entry for good, with a reason.
    PersonsRegisterErase, "persons_register.erase", "action-persons_register-erase", REGISTER_HEAD;
    /// Having files inspected, and seeing what came of it (Art. 17: who
    /// publishes examines).
    InspectionUse, "inspection.use", "action-inspection-use", INSPECT;
    /// Letting a file pass that asks for a person, with a reason.
    InspectionConfirm, "inspection.confirm", "action-inspection-confirm", CONFIRM;
    /// Papers under review, their steps and remarks.
    ReviewSee, "review.see", "action-review-see", SEE_REVIEWS;
    /// Writing papers, changing them, handing them in and taking them back,
    /// and letting those take effect that were approved.
    ReviewWrite, "review.write", "action-review-write", WRITE_PAPERS;
    /// Taking steps of a review chain; which, is told by the chain.
    ReviewTake, "review.take", "action-review-take", TAKE_STEPS;
    /// Letting something take effect before its chain is through; whose it is,
    /// is told by the chain.
    ReviewUrgent, "review.urgent", "action-review-urgent", DECIDE_URGENCY;
    /// The review chains of a body.
    ReviewChainsSee, "review.chains", "action-review-chains", SEE_REVIEWS;
    /// Changing the review chains of a body.
    ReviewChainsChange, "review.chains_change", "action-review-chains_change", HEAD;
    /// Requests, with what happened to them; numbers and contacts masked.
    RequestsSee, "requests.see", "action-requests-see", SEE_REVIEWS;
    /// Who applied, in full, with a reason.
    RequestsUnmask, "requests.unmask", "action-requests-unmask", HANDLE;
    /// Taking in requests and what applicants do about them: confirmations,
    /// supplements, payments, withdrawals (Arts 29 to 31).
    RequestsIntake, "requests.intake", "action-requests-intake", TAKE_IN;
    /// Giving requests to sections and people.
    RequestsAssign, "requests.assign", "action-requests-assign", TAKE_IN;
    /// Working on requests: notices, consultations, replies, service (Arts 30 to 37).
    RequestsHandle, "requests.handle", "action-requests-handle", HANDLE;
    /// Extending the period, and agreeing on a later day: the head of the
    /// disclosure office alone (Art. 33 ¶2, Art. 35).
    RequestsExtend, "requests.extend", "action-requests-extend", HEAD;
    /// Closing requests whose applicant let a period pass, and putting them into
    /// the archive.
    RequestsConclude, "requests.conclude", "action-requests-conclude", TAKE_IN;
    /// Letters that were issued, and the numbers of a year.
    LettersSee, "letters.see", "action-letters-see", SEE_REVIEWS;
    /// Taking a document number and issuing a letter.
    LettersIssue, "letters.issue", "action-letters-issue", REGISTER;
    /// Declaring a number void that no letter will bear, with a reason.
    LettersVoid, "letters.void", "action-letters-void", HEAD;
    /// The templates of a body's letters.
    LettersTemplates, "letters.templates", "action-letters-templates", SEE_REVIEWS;
    /// Changing those templates.
    LettersTemplatesChange, "letters.templates_change", "action-letters-templates_change", HEAD;
    /// The audit trail (GB/T 22239-2019 8.1.5.2).
    AuditSearch, "audit.search", "action-audit-search", AUDIT;
    /// The audit trail as a file.
    AuditExport, "audit.export", "action-audit-export", AUDIT;
    /// New master keys.
    KeysRotate, "keys.rotate", "action-keys-rotate", SECURITY;
    /// Which backups there are, and whether they could be restored.
    BackupSee, "backup.see", "action-backup-see", SYSTEM;
}
