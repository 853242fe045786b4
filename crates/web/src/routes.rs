//! Every address that the server answers, with who may ask it. The router is
//! made of this list alone: an address without a row does not exist.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;
use axum::routing::{MethodRouter, get, post};
use gongkai_domain::organization::permissions::Action;

use crate::{State, frame, help, office, portal, report, requests};

/// Who may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Anyone,
    /// Whoever has shown a password, and is to show or set up the second
    /// factor.
    HalfSignedIn,
    /// Whoever the permission table allows this, on that.
    Table(Action, On),
}

/// What a page is about, for the permission table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// Whoever asks.
    Oneself,
    /// The installation.
    Installation,
    /// Whatever of it they may see: a list.
    Somewhere,
    /// The person whose number is in the address.
    Person,
    /// The organization whose number is in the address.
    Organization,
    /// The entry of the register whose number is in the address.
    Register,
    /// The inspection of a file whose number is in the address.
    Inspection,
    /// The paper whose number is in the address.
    Paper,
    /// The request whose number is in the address.
    Request,
}

/// An address.
pub struct Route {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The address, `{name}` for what varies.
    pub path: &'static str,
    /// Who may ask it.
    pub access: Access,
    handler: MethodRouter<Arc<State>>,
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {:?}", self.method, self.path, self.access)
    }
}

macro_rules! routes {
    ($($method:ident $path:literal $access:expr => $handler:expr;)*) => {
        vec![$(Route {
            method: if stringify!($method) == "get" { "GET" } else { "POST" },
            path: $path,
            access: $access,
            handler: $method($handler),
        }),*]
    };
}

/// The pages for everybody.
fn pages() -> Vec<Route> {
    use Access::Anyone;
    routes! {
        get "/" Anyone => frame::home;
        get "/audit" Anyone => report::form;
        post "/audit" Anyone => report::audit;
        post "/api/audit" Anyone => report::api::audit;
        post "/audit/sample" Anyone => report::sample;
        post "/audit/again" Anyone => report::again;
        post "/audit/xlsx" Anyone => report::download;
        post "/audit/json" Anyone => report::download;
        post "/audit/html" Anyone => report::download;
        get "/rules" Anyone => report::rules::page_of_rules;
        get "/formats" Anyone => report::formats::page_of_formats;
        get "/clock" Anyone => requests::clock::page_of_clock;
        get "/fee" Anyone => requests::fee::page_of_fee;
        get "/help" Anyone => help::contents;
        get "/help/{chapter}" Anyone => help::chapter;
        get "/help/images/{name}" Anyone => help::image;
        get "/api" Anyone => report::api::page_of_api;
        get "/api/openapi.json" Anyone => report::api::document;
        post "/modes" Anyone => frame::modes::set;
        get "/assets/{name}" Anyone => frame::assets::serve;
        get "/design" Anyone => frame::design::page_of_design;
        get "/health" Anyone => frame::health;
    }
}

/// The public side of requests; it needs a house.
fn public() -> Vec<Route> {
    use Access::Anyone;
    use portal::{apply, guide, send, track};
    routes! {
        get "/guide" Anyone => guide::directory;
        get "/guide/{id}" Anyone => guide::guide;
        get "/guide/{id}/form" Anyone => guide::paper;
        get "/guide/{id}/form/docx" Anyone => guide::fillable;
        get "/apply/{id}" Anyone => apply::new_page;
        post "/apply/{id}" Anyone => apply::begin;
        get "/draft/{token}" Anyone => apply::draft_form;
        post "/draft/{token}" Anyone => apply::change;
        get "/draft/{token}/review" Anyone => send::review;
        post "/draft/{token}/send" Anyone => send::send;
        get "/draft/{token}/receipt" Anyone => send::receipt;
        get "/draft/{token}/receipt/pdf" Anyone => send::receipt_pdf;
        post "/draft/{token}/forget" Anyone => send::forget;
        get "/track" Anyone => track::lookup_page;
        post "/track" Anyone => track::look;
        post "/track/confirm" Anyone => track::confirm;
        post "/track/supplement" Anyone => track::supplement;
        post "/track/reasons" Anyone => track::reasons;
        post "/track/withdraw" Anyone => track::withdraw;
        post "/track/rate" Anyone => track::rate;
        post "/track/dates" Anyone => track::calendar;
        post "/track/letter" Anyone => track::letter;
        post "/track/file" Anyone => track::file;
    }
}

/// The office, below `/office`.
fn office() -> Vec<Route> {
    use Access::{Anyone, HalfSignedIn, Table};
    use On::{
        Inspection, Installation, Oneself, Organization, Paper, Person, Register, Request,
        Somewhere,
    };
    use office::{
        calendar, delegations, demo, entry, identities, inspection, jobs, letter_numbers,
        letterhead, letters, organizations, outbox, oversight, people, register, requests, review,
        settings, upkeep, webhooks,
    };
    routes! {
        get "/office/demo" Anyone => demo::people;
        get "/office/sign-in" Anyone => entry::sign_in_page;
        post "/office/sign-in" Anyone => entry::sign_in;
        post "/office/sign-in/provider" Anyone => identities::begin;
        get "/office/sign-in/return" Anyone => identities::come_back;
        get "/office/join" Anyone => entry::join_page;
        post "/office/join" Anyone => entry::join;
        get "/office/second-factor" HalfSignedIn => entry::second_factor_page;
        post "/office/second-factor" HalfSignedIn => entry::second_factor;
        get "/office/enrol" HalfSignedIn => entry::enrol_page;
        post "/office/enrol" HalfSignedIn => entry::enrol;
        post "/office/sign-out" HalfSignedIn => entry::sign_out;
        get "/office" Table(Action::OfficeHome, Oneself) => office::home;
        get "/office/password" Table(Action::SelfPassword, Oneself) => entry::password_page;
        post "/office/password" Table(Action::SelfPassword, Oneself) => entry::password;
        get "/office/sessions" Table(Action::SelfSessions, Oneself) => entry::sessions_page;
        post "/office/sessions/end" Table(Action::SelfSessions, Oneself) => entry::end_sessions;
        get "/office/delegations" Table(Action::SelfDelegations, Oneself) => delegations::list;
        post "/office/delegations" Table(Action::SelfDelegate, Oneself) => delegations::lend;
        post "/office/delegations/{id}/end" Table(Action::SelfDelegate, Oneself) => delegations::end;
        get "/office/delegations/all" Table(Action::DelegationsOversee, Installation) => delegations::all;
        post "/office/delegations/all/{id}/end" Table(Action::DelegationsOversee, Installation) => delegations::end_any;
        get "/office/identities" Table(Action::SelfIdentities, Oneself) => identities::own;
        post "/office/identities/link" Table(Action::SelfIdentities, Oneself) => identities::link;
        post "/office/identities/unlink" Table(Action::SelfIdentities, Oneself) => identities::unlink;
        get "/office/people" Table(Action::PeopleSee, Somewhere) => people::list;
        get "/office/people/new" Table(Action::PeopleInvite, Installation) => people::invite_page;
        post "/office/people/new" Table(Action::PeopleInvite, Installation) => people::invite;
        get "/office/people/import" Table(Action::PeopleInvite, Installation) => people::tables::import_page;
        get "/office/people/import/table" Table(Action::PeopleInvite, Installation) => people::tables::empty;
        post "/office/people/import" Table(Action::PeopleInvite, Installation) => people::tables::import;
        get "/office/people/{id}" Table(Action::PeopleSee, Person) => people::see;
        get "/office/people/{id}/change" Table(Action::PeopleChange, Person) => people::change::ask;
        post "/office/people/{id}/change" Table(Action::PeopleChange, Person) => people::change::keep;
        post "/office/people/{id}/disable" Table(Action::PeopleDisable, Person) => people::disable;
        post "/office/people/{id}/enable" Table(Action::PeopleDisable, Person) => people::enable;
        post "/office/people/{id}/unlock" Table(Action::PeopleUnlock, Person) => people::unlock;
        post "/office/people/{id}/end-sessions" Table(Action::PeopleEndSessions, Person) => people::end_sessions;
        post "/office/people/{id}/recover" Table(Action::PeopleRecover, Person) => people::recover;
        post "/office/people/{id}/unlink" Table(Action::PeopleUnlink, Person) => identities::unlink_other;
        post "/office/people/{id}/contacts" Table(Action::PeopleUnmask, Person) => people::contacts;
        post "/office/people/{id}/grant" Table(Action::RolesGrant, Person) => people::grant;
        post "/office/people/{id}/revoke" Table(Action::RolesRevoke, Person) => people::revoke;
        get "/office/organizations" Table(Action::OrganizationsSee, Somewhere) => organizations::list::list;
        get "/office/organizations/new" Table(Action::OrganizationsChange, Installation) => organizations::entry::new_page;
        post "/office/organizations/new" Table(Action::OrganizationsChange, Installation) => organizations::entry::new;
        get "/office/organizations/export" Table(Action::OrganizationsExport, Installation) => organizations::tables::export;
        get "/office/organizations/import" Table(Action::OrganizationsImport, Installation) => organizations::tables::import_page;
        post "/office/organizations/import" Table(Action::OrganizationsImport, Installation) => organizations::tables::import;
        get "/office/register" Table(Action::PersonsRegisterSee, Somewhere) => register::list;
        post "/office/register/find" Table(Action::PersonsRegisterSee, Somewhere) => register::find;
        get "/office/register/new" Table(Action::PersonsRegisterAdd, Somewhere) => register::new_page;
        post "/office/register/new" Table(Action::PersonsRegisterAdd, Somewhere) => register::new;
        get "/office/register/{id}" Table(Action::PersonsRegisterSee, Register) => register::see;
        post "/office/register/{id}/unmask" Table(Action::PersonsRegisterUnmask, Register) => register::unmask;
        get "/office/register/{id}/change" Table(Action::PersonsRegisterAdd, Register) => register::change_page;
        post "/office/register/{id}/change" Table(Action::PersonsRegisterAdd, Register) => register::change;
        get "/office/register/{id}/erase" Table(Action::PersonsRegisterErase, Register) => register::erase_page;
        post "/office/register/{id}/erase" Table(Action::PersonsRegisterErase, Register) => register::erase;
        get "/office/inspection" Table(Action::InspectionUse, Somewhere) => inspection::list;
        post "/office/inspection" Table(Action::InspectionUse, Somewhere) => inspection::bring;
        get "/office/inspection/{id}" Table(Action::InspectionUse, Inspection) => inspection::see;
        post "/office/inspection/{id}/confirm" Table(Action::InspectionConfirm, Inspection) => inspection::confirm;
        get "/office/organizations/{id}" Table(Action::OrganizationsSee, Organization) => organizations::see::see;
        get "/office/organizations/{id}/change" Table(Action::OrganizationsChange, Organization) => organizations::entry::change_page;
        post "/office/organizations/{id}/change" Table(Action::OrganizationsChange, Organization) => organizations::entry::change;
        get "/office/organizations/{id}/succeed" Table(Action::OrganizationsSucceed, Organization) => organizations::succeed::page_of_form;
        post "/office/organizations/{id}/succeed" Table(Action::OrganizationsSucceed, Organization) => organizations::succeed::send;
        get "/office/organizations/{id}/office" Table(Action::OrganizationsEditOffice, Organization) => organizations::disclosure::office_page;
        post "/office/organizations/{id}/office" Table(Action::OrganizationsEditOffice, Organization) => organizations::disclosure::office;
        get "/office/organizations/{id}/chains" Table(Action::ReviewChainsSee, Organization) => review::chains::see;
        get "/office/organizations/{id}/chains/change" Table(Action::ReviewChainsChange, Organization) => review::chains::change_page;
        post "/office/organizations/{id}/chains/change" Table(Action::ReviewChainsChange, Organization) => review::chains::change;
        get "/office/organizations/{id}/letter-numbers" Table(Action::LettersSee, Organization) => letter_numbers::list;
        post "/office/organizations/{id}/letter-numbers" Table(Action::LettersVoid, Organization) => letter_numbers::void;
        get "/office/organizations/{id}/letterhead" Table(Action::LettersTemplates, Organization) => letterhead::see;
        post "/office/organizations/{id}/letterhead" Table(Action::LettersTemplatesChange, Organization) => letterhead::change;
        get "/office/organizations/{id}/letters" Table(Action::LettersTemplates, Organization) => letters::list;
        get "/office/organizations/{id}/letters/{kind}" Table(Action::LettersTemplates, Organization) => letters::see;
        get "/office/organizations/{id}/letters/{kind}/sample" Table(Action::LettersTemplates, Organization) => letters::sample;
        post "/office/organizations/{id}/letters/{kind}" Table(Action::LettersTemplatesChange, Organization) => letters::change;
        get "/office/review" Table(Action::ReviewSee, Somewhere) => review::list::tasks;
        get "/office/review/papers" Table(Action::ReviewSee, Somewhere) => review::list::papers;
        get "/office/review/new" Table(Action::ReviewWrite, Somewhere) => review::write::new_page;
        post "/office/review/new" Table(Action::ReviewWrite, Somewhere) => review::write::new;
        get "/office/review/{id}" Table(Action::ReviewSee, Paper) => review::see::see;
        get "/office/review/{id}/change" Table(Action::ReviewWrite, Paper) => review::write::change_form;
        post "/office/review/{id}/change" Table(Action::ReviewWrite, Paper) => review::write::change;
        post "/office/review/{id}/hand-in" Table(Action::ReviewWrite, Paper) => review::steps::hand_in;
        post "/office/review/{id}/take" Table(Action::ReviewTake, Paper) => review::steps::take;
        post "/office/review/{id}/withdraw" Table(Action::ReviewWrite, Paper) => review::steps::withdraw;
        post "/office/review/{id}/effect" Table(Action::ReviewWrite, Paper) => review::steps::effect;
        post "/office/review/{id}/urgent" Table(Action::ReviewUrgent, Paper) => review::steps::urgent;
        get "/office/review/{id}/file" Table(Action::ReviewSee, Paper) => review::see::file;
        get "/office/review/{id}/timeline" Table(Action::ReviewSee, Paper) => review::see::timeline;
        get "/office/requests" Table(Action::RequestsSee, Somewhere) => requests::desk::desk;
        get "/office/requests/new" Table(Action::RequestsIntake, Somewhere) => requests::intake::new_page;
        post "/office/requests/new" Table(Action::RequestsIntake, Somewhere) => requests::intake::new;
        post "/office/requests/find" Table(Action::RequestsSee, Somewhere) => requests::desk::find;
        get "/office/requests/calendar" Table(Action::RequestsSee, Somewhere) => requests::month::calendar;
        get "/office/requests/mail" Table(Action::RequestsIntake, Somewhere) => requests::mail::ask;
        post "/office/requests/mail" Table(Action::RequestsIntake, Somewhere) => requests::mail::read;
        get "/office/requests/{id}" Table(Action::RequestsSee, Request) => requests::see::see;
        get "/office/requests/{id}/intake" Table(Action::RequestsIntake, Request) => requests::deeds::intake_page;
        post "/office/requests/{id}/intake" Table(Action::RequestsIntake, Request) => requests::deeds::intake_step;
        get "/office/requests/{id}/handle" Table(Action::RequestsHandle, Request) => requests::deeds::handle_page;
        post "/office/requests/{id}/handle" Table(Action::RequestsHandle, Request) => requests::deeds::handle_step;
        get "/office/requests/{id}/assign" Table(Action::RequestsAssign, Request) => requests::deeds::assign_page;
        post "/office/requests/{id}/assign" Table(Action::RequestsAssign, Request) => requests::deeds::assign_step;
        get "/office/requests/{id}/extend" Table(Action::RequestsExtend, Request) => requests::deeds::extend_page;
        post "/office/requests/{id}/extend" Table(Action::RequestsExtend, Request) => requests::deeds::extend_step;
        get "/office/requests/{id}/conclude" Table(Action::RequestsConclude, Request) => requests::deeds::conclude_page;
        post "/office/requests/{id}/conclude" Table(Action::RequestsConclude, Request) => requests::deeds::conclude_step;
        post "/office/requests/{id}/take" Table(Action::ReviewTake, Request) => requests::deeds::take_step;
        get "/office/requests/{id}/letter" Table(Action::LettersSee, Request) => requests::papers::issued;
        get "/office/requests/{id}/file" Table(Action::RequestsSee, Request) => requests::see::file;
        get "/office/requests/{id}/files" Table(Action::RequestsHandle, Request) => requests::files::ask;
        post "/office/requests/{id}/files" Table(Action::RequestsHandle, Request) => requests::files::add;
        get "/office/requests/{id}/dossier" Table(Action::RequestsUnmask, Request) => requests::dossier::ask;
        post "/office/requests/{id}/dossier" Table(Action::RequestsUnmask, Request) => requests::dossier::take;
        get "/office/requests/{id}/unmask" Table(Action::RequestsUnmask, Request) => requests::deeds::unmask_page;
        post "/office/requests/{id}/unmask" Table(Action::RequestsUnmask, Request) => requests::deeds::unmask;
        get "/office/audit" Table(Action::AuditSearch, Installation) => oversight::audit;
        get "/office/audit/export" Table(Action::AuditExport, Installation) => oversight::export;
        get "/office/jobs" Table(Action::JobsSee, Installation) => jobs::list;
        post "/office/jobs/{id}/retry" Table(Action::JobsRetry, Installation) => jobs::retry;
        get "/office/jobs/{id}/drop" Table(Action::JobsDrop, Installation) => jobs::drop_page;
        post "/office/jobs/{id}/drop" Table(Action::JobsDrop, Installation) => jobs::drop_failed;
        get "/office/outbox" Table(Action::OutboxSee, Installation) => outbox::list;
        post "/office/outbox/try" Table(Action::OutboxSend, Installation) => outbox::try_mail;
        post "/office/outbox/{id}/again" Table(Action::OutboxSend, Installation) => outbox::again;
        get "/office/webhooks" Table(Action::WebhooksSee, Installation) => webhooks::list;
        get "/office/webhooks/new" Table(Action::WebhooksChange, Installation) => webhooks::new_page;
        post "/office/webhooks/new" Table(Action::WebhooksChange, Installation) => webhooks::new;
        get "/office/webhooks/{id}" Table(Action::WebhooksSee, Installation) => webhooks::see;
        get "/office/webhooks/{id}/change" Table(Action::WebhooksChange, Installation) => webhooks::change_page;
        post "/office/webhooks/{id}/change" Table(Action::WebhooksChange, Installation) => webhooks::change;
        post "/office/webhooks/{id}/do" Table(Action::WebhooksChange, Installation) => webhooks::act;
        get "/office/policies" Table(Action::PoliciesSee, Installation) => settings::policies;
        get "/office/policies/{policy}" Table(Action::PoliciesSee, Installation) => settings::policy;
        post "/office/policies/{policy}" Table(Action::PoliciesChange, Installation) => settings::change_policy;
        get "/office/settings" Table(Action::SettingsSee, Installation) => settings::list;
        get "/office/settings/{setting}" Table(Action::SettingsSee, Installation) => settings::see;
        post "/office/settings/{setting}" Table(Action::SettingsChange, Installation) => settings::change;
        get "/office/calendar" Table(Action::CalendarSee, Installation) => calendar::list;
        get "/office/calendar/load" Table(Action::CalendarLoad, Installation) => calendar::load::form;
        post "/office/calendar/load" Table(Action::CalendarLoad, Installation) => calendar::load::send;
        post "/office/calendar/file" Table(Action::CalendarLoad, Installation) => calendar::load::file;
        get "/office/calendar/{year}" Table(Action::CalendarSee, Installation) => calendar::year;
        get "/office/operations" Table(Action::BackupSee, Installation) => upkeep::backups;
        get "/office/keys" Table(Action::KeysRotate, Installation) => upkeep::keys;
        post "/office/keys" Table(Action::KeysRotate, Installation) => upkeep::rotate;
    }
}

/// Addresses that take files: they count what comes for themselves.
const UPLOADS: &[&str] = &[
    "/audit",
    "/api/audit",
    "/apply/{id}",
    "/draft/{token}",
    "/track/supplement",
    "/office/organizations/import",
    "/office/people/import",
    "/office/inspection",
    "/office/review/new",
    "/office/review/{id}/change",
    "/office/calendar/file",
    "/office/requests/new",
    "/office/requests/mail",
    "/office/requests/{id}/files",
];

/// Every address.
pub fn all() -> Vec<Route> {
    let mut all = pages();
    all.extend(public());
    all.extend(office());
    all
}

/// The router of the pages, and of the office where there is a house.
pub(crate) fn router(with_office: bool) -> Router<Arc<State>> {
    let routes = if with_office { all() } else { pages() };
    routes.into_iter().fold(Router::new(), |router, route| {
        let handler = if UPLOADS.contains(&route.path) {
            route.handler.layer(DefaultBodyLimit::disable())
        } else if route.path.starts_with("/office") {
            route.handler.layer(from_fn(office::whole_form))
        } else {
            route.handler
        };
        router.route(route.path, handler)
    })
}
