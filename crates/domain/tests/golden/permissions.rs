//! The permission table as people review it: `tests/permissions.txt`.

use std::fmt::Write;

use gongkai_domain::organization::permissions::{Action, Membership, Scope, Who};
use gongkai_domain::organization::roles::Role;

use crate::say;

const HEAD: &str = "\
权限表
======

本表由程序打印，程序只按本表放行：表中没有的，一律不许。请不要手工修改；
改权限须改 crates/domain/src/organization/permissions/table.rs，再重新打印并请人复核。

  ✔本  对本机关（含内设机构）
  ✔下  对本机关，以及所属和受其监督指导的机关
  ✔全  对全系统
  ✔己  人人可对本人
  –    不许
";

/// Columns on a terminal; Chinese characters and full-width signs take two.
fn columns(text: &str) -> usize {
    text.chars()
        .map(|c| if u32::from(c) >= 0x2E80 { 2 } else { 1 })
        .sum()
}

fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(columns(text))))
}

fn cell(action: Action, role: Role) -> &'static str {
    match (action.who(), action.scope(role)) {
        (Who::Everyone, _) => "✔己",
        (_, None) => "–",
        (_, Some(Scope::Own)) => "✔本",
        (_, Some(Scope::Subordinate)) => "✔下",
        (_, Some(Scope::Any)) => "✔全",
    }
}

fn grid(text: &mut String, title: &str, roles: &[Role]) {
    let labels: Vec<String> = Action::ALL
        .iter()
        .map(|action| say(&action.label()))
        .collect();
    let widest = labels.iter().map(|label| columns(label)).max().unwrap_or(0);
    let names: Vec<String> = roles.iter().map(|role| say(&role.label())).collect();
    write!(text, "\n{title}\n\n{}", padded("事项", widest)).expect("a string");
    for name in &names {
        write!(text, "  {name}").expect("a string");
    }
    text.push('\n');
    for (action, label) in Action::ALL.iter().zip(&labels) {
        let mut line = padded(label, widest);
        for (role, name) in roles.iter().zip(&names) {
            write!(line, "  {}", padded(cell(*action, *role), columns(name))).expect("a string");
        }
        writeln!(text, "{}", line.trim_end()).expect("a string");
    }
}

fn states(text: &mut String) {
    text.push_str("\n三、人员状态：先过这一关，再查上面两张表\n\n");
    for state in Membership::ALL {
        let admitted: Vec<String> = Action::ALL
            .iter()
            .filter(|action| state.admits(**action))
            .map(|action| say(&action.label()))
            .collect();
        let what = match admitted.len() {
            0 => "什么也不许".to_owned(),
            all if all == Action::ALL.len() => "按上面两张表".to_owned(),
            _ => format!("只许：{}（仍以上面两张表为限）", admitted.join("；")),
        };
        writeln!(text, "{}  {what}", padded(&say(&state.label()), 22)).expect("a string");
    }
}

fn printed() -> String {
    let mut text = HEAD.to_owned();
    let (administrators, business): (Vec<Role>, Vec<Role>) = Role::ALL
        .into_iter()
        .partition(|role| role.is_administrator());
    grid(&mut text, "一、机关内的角色", &business);
    grid(
        &mut text,
        "二、全系统的三员（互不兼任，也不兼任机关内的角色）",
        &administrators,
    );
    states(&mut text);
    text.push_str("\n四、各事项在程序和审计记录中的代号\n\n");
    for action in Action::ALL {
        writeln!(
            text,
            "{}  {}",
            padded(action.key(), 26),
            say(&action.label())
        )
        .expect("a string");
    }
    text
}

#[test]
fn the_table_that_people_review_is_the_table_that_counts() {
    crate::hold("permissions", &printed());
}
