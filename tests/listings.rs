//! The answers of `routes`, `rules` and `explain`.

mod formats {
    pub mod sample;
}

use formats::sample::{Sample, place, sample};
use insta::assert_snapshot;
use whosekey::flask::{Carried, RouteRow};
use whosekey::report::{catalogue, page, routes};
use whosekey::rules::Rule;

fn carried(via: &str, name: &str) -> Carried {
    Carried {
        via: via.to_owned(),
        name: name.to_owned(),
    }
}

fn strings<const N: usize>(values: [&str; N]) -> Vec<String> {
    values.map(str::to_owned).to_vec()
}

/// A bound endpoint, one that nothing binds, one without a guard, one whose guard was not understood.
fn rows(sample: &Sample) -> Vec<RouteRow> {
    let row = |methods: Vec<String>, rule: &str, view: &str| RouteRow {
        methods,
        rule: rule.to_owned(),
        view: view.to_owned(),
        place: place(&sample.sources, 1, "def get_user"),
        keys: Vec::new(),
        guards: Vec::new(),
        principals: Vec::new(),
        selectors: Vec::new(),
        bindings: Vec::new(),
        refusals: Vec::new(),
        unresolved: Vec::new(),
        not_followed: Vec::new(),
    };
    let keyed = |row: RouteRow| RouteRow {
        keys: vec![carried("header", "X-Api-Key"), carried("query", "api_key")],
        guards: strings(["app.auth.guard", "app.auth.require_scope"]),
        principals: strings(["key"]),
        refusals: vec![401, 403],
        ..row
    };
    vec![
        row(strings(["GET"]), "/health", "app.health"),
        RouteRow {
            selectors: vec![carried("path", "user_id")],
            bindings: strings(["`user.tenant` is compared with `g.tenant`, and a mismatch answers 404"]),
            ..keyed(row(
                strings(["GET", "PATCH"]),
                "/api/users/<int:user_id>",
                "app.users.get_user",
            ))
        },
        RouteRow {
            selectors: vec![carried("path", "organisation_id"), carried("json", "")],
            ..keyed(row(
                strings(["DELETE"]),
                "/api/organisations/<uuid:organisation_id>/members/<member>",
                "app.organisations.members.views.MemberResource.delete",
            ))
        },
        RouteRow {
            selectors: vec![carried("path", "path")],
            principals: strings(["key"]),
            unresolved: strings(["the decorator `vendor.auth.required` comes from code that was not read"]),
            not_followed: vec![("vendor.store.\x1b[2J".to_owned(), 2), ("vendor.send".to_owned(), 1)],
            ..row(strings(["GET"]), "/files/<path:path>", "app.files\x1b[2J")
        },
    ]
}

fn text(write: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>) -> String {
    let mut out = Vec::new();
    write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn routes_as_a_table() {
    let sample = sample();
    let table = text(|out| routes::table(&sample.sources, &rows(&sample), 100, out));
    assert!(!table.contains('\x1b'));
    assert_snapshot!(table);
}

#[test]
fn tables_are_as_wide_as_the_terminal() {
    let sample = sample();
    let widest = |table: &str| table.lines().map(|line| line.chars().count()).max();
    for columns in [80, 100, 200] {
        let table = text(|out| routes::table(&sample.sources, &rows(&sample), columns, out));
        assert!(widest(&table) <= Some(columns), "{columns}: {table}");
        let rules = text(|out| catalogue::table(columns, out));
        assert!(widest(&rules) <= Some(columns), "{columns}: {rules}");
    }
    let narrow = text(|out| routes::table(&sample.sources, &rows(&sample), 80, out));
    assert_snapshot!(narrow);
    // What has room stands on one line, and what has none at all is still shown.
    let wide = text(|out| routes::table(&sample.sources, &rows(&sample), 200, out));
    assert!(wide.contains("/api/organisations/<uuid:organisation_id>/members/<member>"));
    let least = text(|out| routes::table(&sample.sources, &rows(&sample), 1, out));
    assert!(least.contains("DELETE") && least.contains("REFUSES"), "{least}");
}

#[test]
fn routes_as_json() {
    let sample = sample();
    let json = text(|out| routes::json(&sample.sources, &rows(&sample), out));
    // The tool's version changes with every release.
    assert_snapshot!(json.replace(concat!('"', env!("CARGO_PKG_VERSION"), '"'), "\"[version]\""));
}

#[test]
fn no_routes() {
    let sample = sample();
    assert_eq!(
        text(|out| routes::table(&sample.sources, &[], 100, out)),
        "0 endpoints\n"
    );
}

#[test]
fn the_catalogue_has_a_line_for_every_rule() {
    let table = text(|out| catalogue::table(100, out));
    for rule in Rule::all() {
        assert!(
            table
                .lines()
                .any(|line| line.starts_with(rule.code()) && line.contains(rule.name())),
            "{rule}"
        );
    }
    let json: serde_json::Value = serde_json::from_str(&text(|out| catalogue::json(out))).unwrap();
    assert_eq!(json["version"], 1);
    let rules = json["rules"].as_array().unwrap();
    assert_eq!(rules.len(), Rule::all().len());
    assert_snapshot!(
        serde_json::to_string_pretty(&rules[Rule::WK401.index()])
            .unwrap()
            .replace(&Rule::WK401.info().summary, "[summary]")
    );
}

#[test]
fn every_page_is_rendered_within_the_width() {
    for rule in Rule::all() {
        let page = page::render(rule, false, 90);
        assert!(
            page.starts_with(&format!("{} {} (", rule.code(), rule.name())),
            "{page}"
        );
        assert!(page.ends_with('\n') && !page.ends_with("\n\n"), "{rule}");
        assert!(!page.contains('\x1b'), "{rule}");
        assert!(page::render(rule, true, 90).contains("\x1b["), "{rule}");
        // Code and tables are shown as they are.
        let prose = page
            .lines()
            .filter(|line| !line.starts_with("    ") && !line.contains("  "));
        for line in prose.filter(|line| line.contains(' ')) {
            assert!(line.chars().count() <= 90, "{rule}: {line}");
        }
    }
}
