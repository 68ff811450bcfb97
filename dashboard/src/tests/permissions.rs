//! Each operation as each role, against the printed table.

use std::fmt::Write;

use plenum_core::authority::{Permission, Role};
use reqwest::StatusCode;

use super::rig::Rig;
use crate::routes;
use crate::routes::table::{EXTENSION, Needs, Right};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/reference/permissions.md");

fn page() -> String {
    let mut page = "<!-- Written by a test from the table of routes: change it there, then `.ci/write`. -->\n\
        # Who may do what\n\n\
        Six roles. A viewer and an operator can be limited to rooms (`rooms`), a customer is limited to its own services (`customers`), a job is a program that says that it ran; what somebody does not see is\n\
        not there for them (404). Who is known and may not gets 403, who is not known 401.\n\n"
        .to_owned();
    let roles = Role::ALL.map(Role::as_str).join(" | ");
    let _ = write!(
        page,
        "| permission | what it is | {roles} | within rooms |\n|---|---|{}---|\n",
        "---|".repeat(Role::ALL.len())
    );
    for permission in Permission::ALL {
        let may = Role::ALL.map(|role| if role.may(permission) { "yes" } else { "" });
        let rooms = if permission.is_by_room() { "yes" } else { "" };
        let (word, says) = (permission.as_str(), permission.says());
        let _ = writeln!(page, "| {word} | {says} | {} | {rooms} |", may.join(" | "));
    }
    page += "\n## Each operation\n\nThe third column is its word in the [audit log](../operating.md).\n\n| operation | needs | audit log |\n|---|---|---|\n";
    let mut rights = routes::table().rights;
    rights.sort_by(|one, other| (&one.path, one.method).cmp(&(&other.path, other.method)));
    for Right {
        method,
        path,
        needs,
        deed,
    } in rights
    {
        let deed = deed.map_or("", |deed| deed.as_str());
        let needs = match needs {
            Needs::Nothing => "nothing".to_owned(),
            Needs::Elsewhere(permission) => {
                format!("nothing on this host, elsewhere {}", permission.as_str())
            }
            Needs::Permission(permission) => permission.as_str().to_owned(),
        };
        let _ = writeln!(page, "| {method} {path} | {needs} | {deed} |");
    }
    page
}

#[test]
fn permissions_reference_is_the_table_of_routes() {
    if std::env::var_os("PLENUM_WRITE").is_some() {
        std::fs::write(PAGE, page()).unwrap();
    }
    let written = std::fs::read_to_string(PAGE).unwrap_or_default();
    assert!(
        written == page(),
        "docs/reference/permissions.md is not the table: .ci/write writes it"
    );
}

/// Where a session or token is needed the document says which permission, and nowhere else.
#[test]
fn the_document_says_what_each_operation_needs() {
    let table = routes::table();
    let document = serde_json::to_value(&table.document).unwrap();
    for right in &table.rights {
        let operation = &document["paths"][&right.path][right.method.to_lowercase()];
        let open = operation["security"] == serde_json::json!([{}]);
        let said = operation[EXTENSION].as_str();
        match right.needs {
            Needs::Nothing => assert!(open && said.is_none(), "{right:?}"),
            Needs::Elsewhere(_) => {
                let here = operation["security"][0] == serde_json::json!({});
                assert!(here && !open && said.is_none(), "{right:?}");
            }
            Needs::Permission(permission) => {
                assert!(!open && said == Some(permission.as_str()), "{right:?}");
            }
        }
    }
}

#[tokio::test]
async fn figures_are_for_this_host_and_for_whoever_may_see_what_is_behind() {
    let rig = Rig::start().await;
    let asked = |token: Option<&str>, forwarded: bool| {
        let request = rig.ask(reqwest::Method::GET, "/metrics");
        let request = token
            .into_iter()
            .fold(request, |request, token| request.bearer_auth(token));
        match forwarded {
            true => request.header("x-forwarded-for", "192.0.2.9"),
            false => request,
        }
    };
    let viewer = rig.token_of(Role::Viewer, &[], &[]).await;
    let customer = rig.token_of(Role::Customer, &[], &["Bakker & Zn"]).await;
    for (token, forwarded, status) in [
        (None, false, 200),
        (None, true, 401),
        (Some("guess"), true, 401),
        (Some(customer.as_str()), true, 403),
        (Some(viewer.as_str()), true, 200),
    ] {
        let answer = asked(token, forwarded).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{token:?} {forwarded}");
    }
    rig.stop().await;
}

#[tokio::test]
async fn each_operation_is_answered_to_those_roles_alone_that_may() {
    let rig = Rig::start().await;
    for (role, rooms, customers) in [
        (Role::Viewer, &[][..], &[][..]),
        (Role::Operator, &[], &[]),
        (Role::Operator, &["room-a"], &[]),
        (Role::Administrator, &[], &[]),
        (Role::Auditor, &[], &[]),
        (Role::Customer, &[], &["Bakker & Zn"]),
        (Role::Job, &[], &[]),
    ] {
        let token = rig.token_of(role, rooms, customers).await;
        for Right {
            method, path, needs, ..
        } in routes::table().rights
        {
            let Needs::Permission(permission) = needs else {
                continue;
            };
            let asked = path.replace(['{', '}'], "");
            let request = rig.ask(method.parse().unwrap(), &asked).bearer_auth(&token);
            let status = request.send().await.unwrap().status();
            let may = role.may(permission) && (rooms.is_empty() || permission.is_by_room());
            // A token has neither password nor sessions.
            let is_of_people = permission == Permission::Own && path != "/api/v1/session";
            match may {
                true if is_of_people => {}
                true => assert!(
                    ![StatusCode::FORBIDDEN, StatusCode::UNAUTHORIZED].contains(&status),
                    "{role} {method} {path}: {status}"
                ),
                false => assert_eq!(status, StatusCode::FORBIDDEN, "{role} {method} {path}"),
            }
        }
    }
    rig.stop().await;
}
