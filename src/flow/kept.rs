//! The keys that the program itself keeps: constants that admit whoever presents them.

use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast::name::Name;
use ruff_text_size::{TextRange, TextSize};

use super::credential::{self, Naming};
use super::intern::{ObjId, SymId, SymNode, Via};
use super::label;
use super::request::Trace;
use super::survey::Survey;
use super::trace::Validation;
use super::value::{ObjKind, Value};
use super::world::World;
use super::written::{Written, written};
use crate::source::{FileId, Place};

/// Constants of the program that a presented credential is held against, as it was sent.
#[derive(Debug, Clone)]
pub struct Kept {
    /// Where they are written: the literal, or the dict, list, set or tuple that holds all of them.
    pub place: Place,
    /// The keys.
    pub keys: BTreeSet<Name>,
    /// How they came to be held against it.
    pub by: By,
    /// Where a credential is held against them.
    pub met: BTreeSet<Place>,
    /// The endpoints that they open.
    pub endpoints: BTreeSet<String>,
}

/// How a constant comes to admit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// It is an entry of a store, or compared.
    Code,
    /// The program gives it to a setting.
    Setting,
    /// It stands in for a setting that is absent.
    Fallback,
}

/// Constants that belong together, before it is known where they are written.
#[derive(Debug, Default)]
struct Group {
    texts: BTreeSet<Name>,
    endpoints: BTreeSet<String>,
}

/// What groups are told apart by: how, where they are held against, in what table, and near which place they are written.
type GroupKey = (By, Option<Place>, Place, Place);

/// All keys that the program keeps, by where they are written.
#[must_use]
pub fn kept(survey: &Survey<'_, '_>) -> Vec<Kept> {
    let mut groups: BTreeMap<GroupKey, Group> = BTreeMap::new();
    for trace in survey.traces {
        for validation in trace.record.validations.iter().filter(|validation| validation.held.raw) {
            let surely = is_store(survey, validation) || names_key(trace, validation);
            for (by, table, near, text) in constants(survey, trace, validation) {
                let Some(key) = credential::as_key(&text, by != By::Code, surely) else {
                    continue;
                };
                let group = groups.entry((by, table, validation.place, near)).or_default();
                group.texts.insert(Name::new(key));
                group.endpoints.insert(trace.endpoint.label());
            }
        }
    }
    let wanted: BTreeSet<Name> = groups.values().flat_map(|group| group.texts.iter().cloned()).collect();
    let found = written(survey.loaded.world, &wanted);
    let mut kept: BTreeMap<Place, Kept> = BTreeMap::new();
    for ((by, table, met, near), group) in groups {
        for (place, keys) in places(&group.texts, &found, table, near) {
            let known = kept.entry(place).or_insert_with(|| Kept {
                place,
                keys: BTreeSet::new(),
                by,
                met: BTreeSet::new(),
                endpoints: BTreeSet::new(),
            });
            known.keys.extend(keys);
            known.by = known.by.min(by);
            known.met.insert(met);
            known.endpoints.extend(group.endpoints.iter().cloned());
        }
    }
    kept.into_values().collect()
}

/// Whether what was looked up, or looked for, was so in a store whose name speaks of keys.
fn is_store(survey: &Survey<'_, '_>, validation: &Validation) -> bool {
    let name = validation
        .held
        .table
        .and_then(|table| survey.loaded.registry.names.get(&table));
    name.is_some_and(|name| credential::names_api_key(name))
}

/// Whether what was held against the constants is named as a key, or is a header that is.
fn names_key(trace: &Trace, validation: &Validation) -> bool {
    validation.inputs.iter().any(|input| {
        trace.naming(*input) == Naming::Strong
            || matches!(trace.input(*input), Some((Via::Header, name)) if credential::ends_as_key(name))
    })
}

/// The constants of a validation: how each came there, the table's own place, near what it is written, and its text.
fn constants(survey: &Survey<'_, '_>, trace: &Trace, validation: &Validation) -> Vec<(By, Option<Place>, Place, Name)> {
    let held = &validation.held;
    let table = held.table.and_then(|table| survey.literal(table));
    let mut all: Vec<(By, Option<Place>, Place, Name)> = held
        .texts
        .iter()
        .cloned()
        .chain(held.table.iter().flat_map(|table| survey.texts(*table)))
        .map(|text| (By::Code, table, validation.place, text))
        .collect();
    for secret in &validation.secrets {
        let SymNode::Setting(name, _, fallback) = &trace.intern.symbol(*secret).node else {
            continue;
        };
        let read_at = trace.place_of(*secret);
        let parts = |text: &str| text.split(',').map(|part| Name::new(part.trim())).collect::<Vec<_>>();
        if let Some(text) = fallback {
            all.extend(parts(text).into_iter().map(|text| (By::Fallback, None, read_at, text)));
        }
        match survey.given(name) {
            Some(Value::Str(text)) => {
                all.extend(parts(&text).into_iter().map(|text| (By::Setting, None, read_at, text)));
            }
            Some(Value::Union(several)) => {
                let texts = several.iter().filter_map(Value::as_str);
                all.extend(texts.map(|text| (By::Setting, None, read_at, Name::new(text))));
            }
            Some(Value::Obj(table)) => {
                let place = survey.literal(table);
                let texts = survey.texts(table).into_iter();
                all.extend(texts.map(|text| (By::Setting, place, read_at, text)));
            }
            _ => {}
        }
    }
    all
}

/// Where constants that belong together are written: one place where one literal holds them all.
fn places(
    texts: &BTreeSet<Name>,
    found: &BTreeMap<Name, Vec<Written>>,
    table: Option<Place>,
    near: Place,
) -> Vec<(Place, BTreeSet<Name>)> {
    if let Some(table) = table {
        return vec![(table, texts.clone())];
    }
    let at = |text: &Name| found.get(text).map_or(&[][..], Vec::as_slice);
    if texts.len() > 1 {
        let mut around: Option<BTreeSet<Place>> = None;
        for text in texts {
            let here: BTreeSet<Place> = at(text).iter().flat_map(|one| one.around.iter().copied()).collect();
            around = Some(match around {
                Some(known) => known.intersection(&here).copied().collect(),
                None => here,
            });
        }
        let innermost = around.into_iter().flatten().min_by_key(|place| place.range.len());
        if let Some(place) = innermost {
            return vec![(place, texts.clone())];
        }
    }
    texts
        .iter()
        .map(|text| (nearest(at(text), near).unwrap_or(near), BTreeSet::from([text.clone()])))
        .collect()
}

/// Where a text is written: within a place, else in its file, else anywhere.
fn nearest(found: &[Written], near: Place) -> Option<Place> {
    let within = |one: &&Written| one.place.file == near.file && near.range.contains_range(one.place.range);
    let beside = |one: &&Written| one.place.file == near.file;
    found
        .iter()
        .find(within)
        .or_else(|| found.iter().find(beside))
        .or_else(|| found.first())
        .map(|one| one.place)
}

/// What of the sources must not be shown: the keys, wherever they are written, but for what [`crate::findings::mask`] leaves.
#[must_use]
pub fn hidden(world: &World<'_>, kept: &[Kept]) -> Vec<Place> {
    /// A shorter text may be a word that stands anywhere.
    const UNMISTAKABLE: usize = 8;
    let keys: BTreeSet<Name> = kept.iter().flat_map(|kept| kept.keys.iter().cloned()).collect();
    let mut places = Vec::new();
    for file in &world.sources.files {
        for key in keys.iter().filter(|key| key.len() >= UNMISTAKABLE) {
            for (at, _) in file.text.match_indices(key.as_str()) {
                places.extend(behind_mask(file.id, key, at));
            }
        }
    }
    // Where a key is a part of a longer literal, the literal is the place.
    for kept in kept {
        let start = kept.place.range.start().to_usize();
        let text = world.file(kept.place.file).slice(kept.place.range);
        for key in &kept.keys {
            let parts = text.match_indices(key.as_str());
            places.extend(parts.filter_map(|(at, _)| behind_mask(kept.place.file, key, start + at)));
        }
    }
    for (key, writings) in written(world, &keys) {
        for Written { place, .. } in writings {
            let file = world.file(place.file);
            match file.slice(place.range).find(key.as_str()) {
                Some(at) => places.extend(behind_mask(place.file, &key, place.range.start().to_usize() + at)),
                // Written with escapes or in pieces: nothing of it is shown.
                None => places.push(place),
            }
        }
    }
    places.sort_unstable();
    places.dedup();
    places
}

/// The part of a key at a byte of a file that its mask does not show.
fn behind_mask(file: FileId, key: &str, at: usize) -> Option<Place> {
    let start = key
        .char_indices()
        .nth(crate::findings::shown(key))
        .map_or(key.len(), |(index, _)| index);
    let start = TextSize::try_from(at + start).ok()?;
    let end = TextSize::try_from(at + key.len()).ok()?;
    Some(Place::new(file, TextRange::new(start, end)))
}

impl Survey<'_, '_> {
    /// What a thing on the heap is, after loading.
    #[must_use]
    pub fn kind(&self, id: ObjId) -> Option<&ObjKind<'_>> {
        self.loaded.heap.get(id).map(|obj| &obj.kind)
    }

    /// Where a dict was written, where the project wrote it.
    #[must_use]
    pub fn literal(&self, id: ObjId) -> Option<Place> {
        match self.kind(id) {
            Some(ObjKind::Dict(entries)) => entries.literal.filter(|place| !self.loaded.world.is_model(place.file)),
            _ => None,
        }
    }

    /// The constant texts that are the items or keys of a collection.
    #[must_use]
    pub fn texts(&self, id: ObjId) -> Vec<Name> {
        let values: Vec<&Value> = match self.kind(id) {
            Some(ObjKind::Dict(entries)) => entries.known.iter().map(|(key, _)| key).collect(),
            Some(ObjKind::List(items)) => items.known.iter().chain(&items.more).collect(),
            _ => Vec::new(),
        };
        let texts = values
            .into_iter()
            .flat_map(Value::alternatives)
            .filter_map(Value::as_str);
        texts.map(Name::new).collect()
    }

    /// What the program itself gives to a setting while it is loaded.
    #[must_use]
    pub fn given(&self, setting: &str) -> Option<Value> {
        let overlay = self.loaded.heap.get(self.loaded.world.models.overlay())?;
        overlay.attrs.get(format!("given[{setting}]").as_str()).cloned()
    }

    /// Whether a principal was asked for an attribute of such a name, or its lookup for such a column.
    #[must_use]
    pub fn asks(&self, trace: &Trace, principal: SymId, means: impl Fn(&str) -> bool) -> bool {
        let of_principal = |sym: &SymId| {
            let symbol = trace.intern.symbol(*sym);
            let named = matches!(&symbol.node, SymNode::Attr(_, name) | SymNode::Item(_, Some(name)) if means(name));
            named && label::principals(&symbol.labels).any(|(sym, _)| sym == principal)
        };
        trace.record.asked.iter().any(of_principal)
            || trace.load(principal).is_some_and(|load| {
                let columns = load.conditions.iter().map(|condition| &condition.column);
                columns.chain(&load.tested).any(|column| means(column))
            })
    }
}
