//! `/office/demo`: the people of the invented city, for who tries the product.
//! It is there only where the server was started for that.

use axum::response::Response;
use gongkai_app::demo::Someone;
use gongkai_app::people::{self as staff, PeopleError};
use gongkai_domain::words::Message;

use super::{Cell, TablePage, Visit, failed};
use crate::frame::page;

/// Who lives in the city, and the password of them all.
pub(crate) struct Demo {
    pub(crate) people: Vec<Someone>,
    pub(crate) password: String,
}

/// `GET /office/demo`
pub async fn people(visit: Visit) -> Response {
    let Some(demo) = &visit.office.demo else {
        return failed(visit.modes, PeopleError::Missing);
    };
    let words = visit.modes.words();
    let columns = [
        "field-name",
        "field-organization",
        "column-roles",
        "field-login",
        "demo-code",
        "column-do",
    ];
    let mut table = TablePage::new(visit.modes.clone(), "demo-title", &columns);
    table.lead = words.render(&Message::new("demo-lead").with("password", &demo.password));
    let house = &visit.office.house;
    for one in &demo.people {
        let code = match staff::code(&one.secret, house.now()) {
            Ok(code) => code,
            Err(error) => return failed(visit.modes, error),
        };
        let roles: Vec<String> = one
            .roles
            .iter()
            .map(|role| words.render(&role.label()))
            .collect();
        let come_in = vec![
            ("key", house.token()),
            ("login", one.login.clone()),
            ("password", demo.password.clone()),
        ];
        table.rows.push(vec![
            Cell::text(&one.name),
            Cell::text(one.body.clone().unwrap_or_default()),
            Cell::text(roles.join("、")),
            Cell::text(&one.login),
            Cell::text(code),
            Cell::button(words.text("demo-come-in"), "/office/sign-in", come_in),
        ]);
    }
    page(&table)
}
