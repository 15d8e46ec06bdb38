//! WK401 wrong-status: 403 for a caller nobody knows, 401 for one who is known and may not (RFC 9110 §15.5.2, §15.5.4).

use std::collections::{BTreeMap, BTreeSet};

use super::Rule;
use super::report::{Report, Reports, in_place_of, key_of};
use crate::findings::Confidence;
use crate::flow::intern::PrincipalKind;
use crate::flow::survey::{Standing, Survey, refuses};
use crate::source::Place;

/// Reports refusals whose status tells the caller the wrong thing, one statement at a time over all endpoints.
pub fn check(survey: &Survey<'_, '_>, reports: &mut Reports) {
    if !survey.checks_keys() {
        return;
    }
    let mut places: BTreeMap<(Place, u16), BTreeSet<Standing>> = BTreeMap::new();
    let mut endpoints: BTreeMap<(Place, u16), BTreeSet<String>> = BTreeMap::new();
    let mut keys: BTreeMap<(Place, u16), BTreeSet<String>> = BTreeMap::new();
    // Where paths were cut, a caller of the other kind may have been lost: only a whole trace tells, or the answer itself.
    let mut whole: BTreeSet<(Place, u16)> = BTreeSet::new();
    for trace in survey.traces {
        for exit in &trace.record.exits {
            let Some(code) = refuses(exit.status) else { continue };
            if exit.text_limits() {
                continue;
            }
            let mut standing = survey.standing(trace, exit);
            if standing == Standing::Unidentified && trace.is_let_off(exit) {
                standing = Standing::Unclear;
            }
            // Whoever else may have decided: a key was found, and what it lacks.
            let found = |(_, kind): &(_, PrincipalKind)| matches!(kind, PrincipalKind::Key | PrincipalKind::Token);
            if exit.known.opaque && exit.known.denied && exit.known.principals.iter().any(found) {
                standing = Standing::Denied;
            }
            // Who lacks nothing but a login is nobody either: that neither shows a wrong 403 nor excuses it.
            if code == 403 && standing == Standing::Unclear && !exit.known.opaque && exit.known.turned_down() {
                continue;
            }
            let by_basic = || exit.known.valid.iter().all(|sym| trace.is_basic(*sym));
            let by_another = exit.known.identified() && !counts(survey, &exit.known.principals, by_basic());
            // Who is known by something else is told the same: that excuses no 401 for those whom a key makes known.
            if code == 401 && by_another && matches!(standing, Standing::Denied | Standing::Unclear) {
                continue;
            }
            if standing == Standing::Denied && by_another {
                standing = Standing::Unclear;
            }
            places.entry((exit.place, code)).or_default().insert(standing);
            let says_so = match code {
                403 => standing == Standing::Unidentified && exit.text_asks_who(),
                _ => standing == Standing::Denied && exit.text_tells_rights(),
            };
            if !trace.exhausted || says_so {
                whole.insert((exit.place, code));
            }
            keys.entry((exit.place, code)).or_default().insert(key_of(trace));
            endpoints
                .entry((exit.place, code))
                .or_default()
                .insert(trace.endpoint.label());
        }
    }
    for ((place, code), mut standings) in places {
        standings.remove(&Standing::Unusable);
        let wrong = match code {
            403 => Standing::Unidentified,
            _ => Standing::Denied,
        };
        if standings.len() != 1 || !standings.contains(&wrong) || !whole.contains(&(place, code)) {
            continue;
        }
        let keys = keys.remove(&(place, code)).unwrap_or_default();
        let key = match keys.first() {
            Some(key) if keys.len() == 1 => key,
            _ => "the key",
        };
        let instead = in_place_of(survey, place);
        let (message, label, help) = if code == 403 {
            (
                format!("403 for a caller whom nobody knows: {key} is absent, malformed or unknown"),
                "says \"I know you, and you may not\": clients do not ask for a key, monitors count no failed login",
                format!("{instead}answer 401 (RFC 9110 §15.5.2): the client has to identify itself by {key}"),
            )
        } else {
            (
                "401 for a caller who is known and may not".to_owned(),
                "says \"identify yourself\" to somebody who has: clients throw a good key away and ask again",
                format!(
                    "{instead}answer 403 (RFC 9110 §15.5.4): another caller may do what the owner of {key} may not"
                ),
            )
        };
        for endpoint in endpoints.remove(&(place, code)).unwrap_or_default() {
            reports.add(
                Report {
                    rule: Rule::WK401,
                    place,
                    message: message.clone(),
                    label: label.to_owned(),
                    help: help.clone(),
                    confidence: Confidence::High,
                    steps: Vec::new(),
                },
                Some(endpoint),
            );
        }
    }
}

/// Whether the caller was identified by something that counts: a key or token, a session where it was asked for.
fn counts(
    survey: &Survey<'_, '_>,
    principals: &BTreeSet<(crate::flow::intern::SymId, PrincipalKind)>,
    no_key: bool,
) -> bool {
    principals.iter().any(|(_, kind)| survey.principals.contains(kind)) || !no_key
}
