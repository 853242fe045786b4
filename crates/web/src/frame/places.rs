//! Which field a message is about. A rule does not know the form that it was
//! asked from; the first of these names that the form has is the place.

use gongkai_domain::words::Message;

/// Messages by their identifiers, and the fields that they may be about.
const PLACES: &[(&str, &[&str])] = &[
    ("passwords-differ", &["again"]),
    ("password-old-wrong", &["old"]),
    ("password-used-before", &["password"]),
    ("password-too-short", &["password"]),
    ("password-too-long", &["password"]),
    ("password-classes", &["password"]),
    ("password-common", &["password"]),
    ("password-login-name", &["password"]),
    ("password-display-name", &["password"]),
    ("password-organization", &["password"]),
    ("second-factor-refused", &["code"]),
    ("login-taken", &["login"]),
    ("phone-wrong", &["phone"]),
    ("phone-sign", &["phone", "called_number"]),
    ("phone-length", &["phone", "called_number"]),
    ("mail-wrong", &["mail"]),
    ("invite-without-role", &["role"]),
    ("invite-where", &["organization"]),
    ("grant-where", &["organization"]),
    ("grant-without-organization", &["organization"]),
    ("grant-administrator-of-organization", &["organization"]),
    ("grant-three-administrators", &["role"]),
    ("grant-administrator-apart", &["role"]),
    ("grant-twice", &["role"]),
    ("reason-needed", &["reason"]),
    ("register-reason-short", &["reason"]),
    ("register-reason-long", &["reason"]),
    ("register-reason-tells", &["reason"]),
    ("register-no-organization", &["organization"]),
    ("register-kind-alone", &["number"]),
    ("register-phone-both", &["phone"]),
    ("register-exists", &["number"]),
    ("document-no-kind", &["kind"]),
    ("document-empty", &["number"]),
    ("document-none", &["number"]),
    ("document-length", &["number"]),
    ("document-sign", &["number"]),
    ("document-area", &["number"]),
    ("document-birth", &["number"]),
    ("document-birth-to-come", &["number"]),
    ("document-check", &["number"]),
    ("document-shape-passport", &["number"]),
    ("document-shape-hk_macao_permit", &["number"]),
    ("document-shape-taiwan_permit", &["number"]),
    ("document-shape-foreigner_residence", &["number"]),
    ("name-empty", &["display_name", "name"]),
    ("name-too-long", &["display_name", "name"]),
    ("name-unseen", &["display_name", "name"]),
    ("name-mixed-scripts", &["display_name", "name"]),
    ("policy-no-network", &["networks"]),
    ("policy-shuts-out", &["networks"]),
    ("policy-no-profile", &["profile"]),
    ("session-idle-range", &["idle"]),
    ("session-absolute-range", &["absolute"]),
    ("lockout-failures-range", &["failures"]),
    ("lockout-minutes-range", &["locked"]),
    ("hands-range", &["hands"]),
    ("delegation-days-range", &["delegation"]),
    ("body-no-kind", &["kind"]),
    ("code-credit-length", &["credit_code"]),
    ("code-credit-character", &["credit_code"]),
    ("code-credit-check", &["credit_code"]),
    ("code-division-length", &["division"]),
    ("code-division-character", &["division"]),
    ("code-division-province", &["division"]),
    ("code-division-gap", &["division"]),
    ("import-name-missing", &["name"]),
    ("import-name-sign", &["name"]),
    ("import-name-twice", &["name"]),
    ("import-code-twice", &["credit_code"]),
    ("import-date", &["from", "on"]),
    ("import-from-missing", &["from", "on"]),
    ("validity-reversed", &["until"]),
    ("tree-section-alone", &["parent"]),
    ("tree-below-section", &["parent"]),
    ("tree-outside-parent", &["from"]),
    ("tree-cycle", &["parent"]),
    ("succession-no-kind", &["kind"]),
    ("succession-no-basis", &["basis"]),
    ("succession-date", &["on"]),
    ("succession-not-yet", &["on"]),
    ("succession-people-elsewhere", &["people_to"]),
    ("delegation-nobody", &["to"]),
    ("delegation-to-oneself", &["to"]),
    ("delegation-to-absent", &["to"]),
    ("delegation-held-already", &["to"]),
    ("delegation-other-organization", &["to"]),
    ("delegation-no-from", &["from"]),
    ("delegation-past", &["from"]),
    ("delegation-no-until", &["until"]),
    ("delegation-too-long", &["until"]),
    ("delegation-no-reason", &["reason"]),
    ("delegation-reason-too-long", &["reason"]),
    ("casework-day-wrong", &["day"]),
    ("casework-day-to-come", &["day"]),
    ("casework-needs-call", &["call"]),
    ("casework-needs-said", &["call"]),
    ("casework-needs-called_with", &["called_with"]),
    ("casework-needs-called_number", &["called_number"]),
    ("casework-needs-called_at", &["called_at"]),
    ("casework-call-to-come", &["called_at"]),
    ("casework-call-other-day", &["day"]),
    ("casework-no-call", &["noted"]),
    ("casework-no-file", &["file"]),
    ("casework-file-refused", &["file"]),
    ("casework-file-unseen", &["file"]),
    ("casework-files-too-many", &["file"]),
    ("files-not-taken", &["file"]),
    ("files-refused", &["file"]),
    ("casework-needs-proves", &["note"]),
    ("casework-no-event", &["event"]),
    ("mail-no-file", &["file"]),
    ("mail-too-large", &["file"]),
];

/// Names of the fields that a message may be about.
pub fn of(message: &Message) -> &'static [&'static str] {
    let found = PLACES.iter().find(|(id, _)| *id == message.id);
    found.map_or(&[], |(_, names)| names)
}

#[cfg(test)]
mod tests {
    use gongkai_domain::words::{Language, Words};

    use super::*;

    #[test]
    fn every_message_that_has_a_place_exists_and_has_one() {
        let words = Words::of(Language::Chinese);
        let mut seen = Vec::new();
        for (id, names) in PLACES {
            assert!(words.has(id), "{id} is in no catalogue");
            assert!(!names.is_empty() && !seen.contains(id), "{id}");
            seen.push(id);
        }
    }
}
