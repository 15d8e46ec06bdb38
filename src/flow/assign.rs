//! Assignment, imports, patterns.

use std::sync::Arc;

use ruff_python_ast::name::Name;
use ruff_python_ast::{Alias, Expr, Pattern, Singleton, StmtImportFrom};

use super::event::Event;
use super::expr::test;
use super::intern::{ObjId, SymId, SymNode};
use super::interp::{Bounds, DEPTH_OF_LOADING, Frame, Interp, Phase};
use super::state::{Flow, State};
use super::value::{Answer, ObjKind, Status, TestKind, Value};
use crate::source::{FileId, Place};

impl<'a> Interp<'a> {
    /// Gives a value to a target.
    pub fn assign(&mut self, state: &mut State<'a>, target: &'a Expr, value: Value) {
        match target {
            Expr::Name(name) => self.assign_name(state, &name.id, value),
            Expr::Tuple(tuple) => self.unpack(state, &tuple.elts, &value),
            Expr::List(list) => self.unpack(state, &list.elts, &value),
            Expr::Starred(starred) => self.assign(state, &starred.value, value),
            Expr::Attribute(attribute) => {
                let place = self.at(target);
                if let Some(base) = self.quiet(state, &attribute.value) {
                    self.assign_attribute(state, &attribute.value, &base, &attribute.attr.id, value, place);
                }
            }
            Expr::Subscript(subscript) => {
                let place = self.at(target);
                if let (Some(base), Some(key)) =
                    (self.quiet(state, &subscript.value), self.quiet(state, &subscript.slice))
                {
                    self.assign_item(state, &base, &key, value, place);
                }
            }
            _ => {}
        }
    }

    /// Evaluates an expression for its first value, on this path.
    pub fn quiet(&mut self, state: &mut State<'a>, expr: &'a Expr) -> Option<Value> {
        let outs = self.eval(state.clone(), expr);
        outs.into_iter().find_map(|out| match out.flow {
            Flow::Value(value) => {
                *state = out.state;
                Some(value)
            }
            _ => None,
        })
    }

    /// Gives a value to a name of the current scope.
    pub fn assign_name(&mut self, state: &mut State<'a>, name: &Name, value: Value) {
        let scope = match state.kind(self.scope) {
            Some(ObjKind::Scope(scope)) => match scope.outer.iter().find(|(known, _)| *known == name.as_str()) {
                Some((_, true)) => scope.globals,
                Some((_, false)) => self.holder(state, scope.parent, name).unwrap_or(self.scope),
                None => self.scope,
            },
            _ => self.scope,
        };
        state.set_attr(scope, name.clone(), value);
    }

    fn holder(&self, state: &State<'a>, mut scope: Option<ObjId>, name: &str) -> Option<ObjId> {
        while let Some(id) = scope {
            let obj = state.obj(id)?;
            if obj.attrs.contains_key(name) {
                return Some(id);
            }
            scope = match &obj.kind {
                ObjKind::Scope(inner) => inner.parent,
                _ => None,
            };
        }
        None
    }

    fn unpack(&mut self, state: &mut State<'a>, targets: &'a [Expr], value: &Value) {
        self.note_unpacking_hazard(state, value, targets);
        let parts = self.parts(state, value, targets);
        for (target, part) in targets.iter().zip(parts) {
            self.assign(state, target, part);
        }
    }

    fn parts(&mut self, state: &mut State<'a>, value: &Value, targets: &'a [Expr]) -> Vec<Value> {
        let count = targets.len();
        if let Value::Answer(answer) = value {
            let status = match answer.status {
                Status::Code(code) => Value::Int(i64::from(code)),
                _ => Value::Unknown,
            };
            let mut parts = vec![answer.body.clone(), status, answer.headers.clone()];
            parts.resize(count, Value::Unknown);
            return parts;
        }
        if let Value::Union(several) = value {
            let each: Vec<Vec<Value>> = Arc::clone(several)
                .iter()
                .filter(|one| !matches!(one, Value::None))
                .map(|one| self.parts(state, one, targets))
                .collect();
            return (0..count)
                .map(|index| Value::one_of(each.iter().filter_map(|parts| parts.get(index).cloned())))
                .collect();
        }
        if let Some((items, None)) = self.items(state, value) {
            if let Some(star) = targets.iter().position(Expr::is_starred_expr) {
                let after = count - star - 1;
                if items.len() >= star + after {
                    let middle = items[star..items.len() - after].to_vec();
                    let place = self.at(&targets[star]);
                    let list = self.new_list(state, middle, place, 0);
                    return items[..star]
                        .iter()
                        .cloned()
                        .chain(std::iter::once(list))
                        .chain(items[items.len() - after..].iter().cloned())
                        .collect();
                }
            } else if items.len() == count {
                return items;
            }
        }
        if let Value::Sym(id) = value {
            let labels = Arc::clone(&self.intern.symbol(*id).labels);
            return targets
                .iter()
                .enumerate()
                .map(|(index, target)| {
                    let place = self.at(target);
                    let index = i64::try_from(index).unwrap_or(i64::MAX);
                    let name = self.column_at(*id, index);
                    self.sym(SymNode::Item(*id, Some(name)), &labels, place)
                })
                .collect();
        }
        let place = self.at(&targets[0]);
        let element = self.element(state, value, place);
        vec![element; count]
    }

    fn assign_attribute(
        &mut self,
        state: &mut State<'a>,
        target: &'a Expr,
        base: &Value,
        name: &Name,
        value: Value,
        place: Place,
    ) {
        match base {
            Value::Obj(id) => {
                state.set_attr(*id, name.clone(), value);
            }
            Value::Ext(path) => {
                let whole = Name::new(format!("{path}.{name}"));
                self.set_overlay(state, &whole, value);
            }
            Value::Answer(answer) => {
                let mut answer: Answer = (**answer).clone();
                match (name.as_str(), &value) {
                    ("status_code" | "status", Value::Int(code)) => {
                        answer.status = u16::try_from(*code).map_or(Status::Unresolved, Status::Code);
                    }
                    ("status", Value::Str(text)) => {
                        answer.status = status_of_text(text);
                    }
                    ("status_code" | "status", _) => answer.status = Status::Unresolved,
                    ("data" | "response", body) => answer.body = body.clone(),
                    ("www_authenticate", _) => {
                        self.note(Event::Header(Name::new("www-authenticate")));
                        return;
                    }
                    ("headers", headers) => {
                        self.note_headers(state, headers);
                        return;
                    }
                    _ => return,
                }
                answer.place = place;
                self.assign(state, target, Value::Answer(Arc::new(answer)));
            }
            Value::Sym(_) | Value::Union(_) => {
                for row in base.alternatives() {
                    if let Value::Sym(row) = row {
                        self.renewed(SymNode::Attr(*row, name.clone()), *row, place);
                    }
                }
                self.changed(state, base, &value, super::value::Change::Write, place);
            }
            _ => {}
        }
    }

    /// Notes that a part of a row, or of an entry, is what the program has just put there.
    fn renewed(&mut self, part: SymNode, of: SymId, place: Place) {
        let labels = Arc::clone(&self.intern.symbol(of).labels);
        if let Value::Sym(part) = self.sym(part, &labels, place) {
            self.note(Event::Renewed(part));
        }
    }

    /// A key of a dict that is known to be itself and no other, in a form in which equal keys are equal: a text, a number,
    /// and while loading a class, a function, and what is put together of such.
    #[must_use]
    pub fn constant_key(&self, state: &State<'a>, key: &Value) -> Option<Value> {
        if matches!(key, Value::Str(_) | Value::Int(_)) {
            return Some(key.clone());
        }
        if self.phase != Phase::Load {
            return None;
        }
        match key {
            Value::None | Value::Bool(_) => Some(key.clone()),
            Value::Tuple(parts) => Some(Value::Tuple(
                parts
                    .iter()
                    .map(|part| self.constant_key(state, part))
                    .collect::<Option<_>>()?,
            )),
            Value::Obj(id) => match state.kind(*id)? {
                ObjKind::Class(_) | ObjKind::Function(_) | ObjKind::Module(_) => Some(key.clone()),
                ObjKind::List(super::value::Items { known, more: None, .. }) => Some(Value::Tuple(
                    known
                        .iter()
                        .map(|part| self.constant_key(state, part))
                        .collect::<Option<_>>()?,
                )),
                _ => None,
            },
            _ => None,
        }
    }

    fn assign_item(&mut self, state: &mut State<'a>, base: &Value, key: &Value, value: Value, place: Place) {
        match base {
            Value::Obj(id) => {
                let shared = self.is_shared(*id);
                if shared {
                    self.changed_item(state, base, key, &value, super::value::Change::Write, place);
                }
                let constant = self.constant_key(state, key);
                match state.change(*id).map(|obj| &mut obj.kind) {
                    Some(ObjKind::Dict(entries)) => {
                        if let Some(key) = constant {
                            match entries.known.iter_mut().find(|(known, _)| *known == key) {
                                Some((_, known)) => *known = value,
                                None => entries.known.push((key, value)),
                            }
                        } else {
                            entries.more = Some(match entries.more.take() {
                                Some((a, b)) => (a.join(key.clone()), b.join(value)),
                                None => (key.clone(), value),
                            });
                        }
                    }
                    Some(ObjKind::List(items)) => {
                        items.more = Some(match items.more.take() {
                            Some(known) => known.join(value),
                            None => value,
                        });
                    }
                    _ => {}
                }
            }
            Value::Ext(_) | Value::Method(_) => self.assign_library_item(state, base, key, &value, place),
            Value::Sym(row) => {
                if let Value::Str(name) = key {
                    self.renewed(SymNode::Item(*row, Some(name.clone())), *row, place);
                }
                self.changed_item(state, base, key, &value, super::value::Change::Write, place);
            }
            _ => {}
        }
    }

    /// Binds the names of `import a.b as c`.
    pub fn import(&mut self, state: &mut State<'a>, alias: &'a Alias) {
        let dotted = alias.name.as_str();
        let (bound, wanted) = if let Some(asname) = &alias.asname {
            (asname.id.clone(), dotted)
        } else {
            let first = dotted.split('.').next().unwrap_or(dotted);
            // The parts below are loaded too: attributes find them.
            if let Some(file) = self
                .world
                .absolute(self.file(), dotted)
                .or_else(|| self.world.stub(dotted))
            {
                self.import_file(state, file);
            }
            (Name::new(first), first)
        };
        let value = self.module(state, wanted);
        self.assign_name(state, &bound, value);
    }

    /// The module of a dotted name: of the project, a library's stand-in, or only a name.
    fn module(&mut self, state: &mut State<'a>, dotted: &str) -> Value {
        if let Some(file) = self.world.absolute(self.file(), dotted) {
            return self.import_file(state, file);
        }
        match self.world.stub(dotted) {
            Some(file) => self.import_file(state, file),
            None => Value::Ext(self.world.models.canonical(dotted)),
        }
    }

    /// Binds the names of `from a import b`.
    pub fn import_from(&mut self, state: &mut State<'a>, import: &'a StmtImportFrom) {
        let dotted = import.module.as_ref().map_or("", |name| name.as_str());
        let module = if import.level > 0 {
            self.world
                .relative(self.file(), import.level, dotted)
                .map(|file| self.import_file(state, file))
        } else {
            Some(self.module(state, dotted))
        };
        for alias in &import.names {
            if &alias.name == "*" {
                if let Some(Value::Obj(id)) = &module {
                    self.import_star(state, *id);
                }
                continue;
            }
            let bound = alias.asname.as_ref().unwrap_or(&alias.name);
            let value = match &module {
                Some(module) => self.member_of_module(state, module, &alias.name.id),
                None => self
                    .world
                    .relative_child(self.file(), import.level, dotted, &alias.name)
                    .map_or(Value::Unknown, |file| self.import_file(state, file)),
            };
            let value = match value {
                Value::Unknown | Value::Ext(_) if import.level == 0 => {
                    let whole = format!("{dotted}.{}", alias.name);
                    match self.world.absolute(self.file(), &whole) {
                        Some(file) => self.import_file(state, file),
                        None => value,
                    }
                }
                other => other,
            };
            self.assign_name(state, &bound.id.clone(), value);
        }
    }

    fn import_star(&mut self, state: &mut State<'a>, module: ObjId) {
        let Some(obj) = state.obj(module).cloned() else { return };
        let names: Vec<Name> =
            if let Some((listed, _)) = obj.attrs.get("__all__").and_then(|all| self.items(state, all)) {
                listed.iter().filter_map(|one| one.as_str().map(Name::new)).collect()
            } else {
                let mut names: Vec<Name> = obj
                    .attrs
                    .keys()
                    .filter(|name| !name.starts_with('_'))
                    .cloned()
                    .collect();
                names.sort();
                names
            };
        for name in names {
            if let Some(value) = obj.attrs.get(&name) {
                self.assign_name(state, &name, value.clone());
            }
        }
    }

    fn member_of_module(&mut self, state: &mut State<'a>, module: &Value, name: &Name) -> Value {
        match module {
            Value::Obj(id) => {
                if let Some(value) = state.attr(*id, name) {
                    return value.clone();
                }
                let file = self
                    .modules
                    .iter()
                    .find(|(_, known)| **known == *id)
                    .map(|(file, _)| *file);
                let Some(file) = file else { return Value::Unknown };
                if let Some(child) = self.world.child(file, name) {
                    return self.import_file(state, child);
                }
                if self.world.is_model(file) {
                    let whole = format!("{}.{name}", self.world.dotted(file));
                    return match self.world.stub(&whole) {
                        Some(below) => self.import_file(state, below),
                        None => Value::Ext(self.world.models.canonical(&whole)),
                    };
                }
                Value::Unknown
            }
            Value::Ext(path) => {
                let whole = format!("{path}.{name}");
                match self.world.stub(&whole) {
                    Some(file) => self.import_file(state, file),
                    None => Value::Ext(self.world.models.canonical(&whole)),
                }
            }
            _ => Value::Unknown,
        }
    }

    /// A module below a library-looking name: of the project, in a folder without `__init__.py`; or a library's stand-in that
    /// was imported.
    #[must_use]
    pub fn module_below(&self, path: &str, name: &str) -> Option<FileId> {
        if self.world.models.is_library(path) {
            let stub = self.world.stub(&format!("{path}.{name}"))?;
            return self.modules.contains_key(&stub).then_some(stub);
        }
        self.world.absolute(self.file(), &format!("{path}.{name}"))
    }

    /// The module of a file; while loading it is run when first asked for.
    pub fn import_file(&mut self, state: &mut State<'a>, file: FileId) -> Value {
        if let Some(id) = self.modules.get(&file).copied() {
            self.run_module(state, id);
            return Value::Obj(id);
        }
        if self.phase == Phase::Request {
            return Value::Unknown;
        }
        // The package around a module runs first, and may ask for the module itself.
        if let Some(package) = self.world.package_around(file) {
            self.import_file(state, package);
        }
        let id = self.declare_module(state, file);
        self.run_module(state, id);
        Value::Obj(id)
    }

    /// The module of a file, which is not run by that.
    pub fn declare_module(&mut self, state: &mut State<'a>, file: FileId) -> ObjId {
        if let Some(id) = self.modules.get(&file) {
            return *id;
        }
        let dotted = Name::new(self.world.dotted(file));
        let place = Place::new(file, ruff_text_size::TextRange::default());
        self.frames.push(self.frame_of_module(file, dotted.clone()));
        let id = self.alloc(state, place, 10, ObjKind::Module(dotted.clone()));
        self.frames.pop();
        self.modules.insert(file, id);
        self.waiting.insert(id, file);
        let folder = self.package_folder(file);
        let package = match (&folder, dotted.rsplit_once('.')) {
            (Some(_), _) => dotted.as_str(),
            (None, Some((package, _))) => package,
            (None, None) => "",
        };
        let mut given = vec![
            ("__name__", Value::Str(dotted.clone())),
            ("__package__", Value::str(package)),
        ];
        if !self.world.is_model(file) {
            given.push(("__file__", Value::str(&self.world.file(file).path)));
        }
        if let Some(folder) = folder {
            given.push(("__path__", Value::Tuple(Arc::from([Value::str(&folder)]))));
        }
        for (name, value) in given {
            state.set_attr(id, Name::new(name), value);
        }
        id
    }

    /// Runs a module that has not run yet.
    pub fn run_module(&mut self, state: &mut State<'a>, id: ObjId) {
        let Some(file) = self.waiting.remove(&id) else { return };
        if self.left_out.contains(&file) {
            return;
        }
        let dotted = Name::new(self.world.dotted(file));
        self.frames.push(self.frame_of_module(file, dotted));
        let around = std::mem::replace(&mut self.scope, id);
        let (tries, steps, exhausted) = (self.tries, self.steps, self.exhausted);
        let Bounds { depth, steps: most, .. } = self.bounds;
        self.tries = 0;
        self.steps = 0;
        // However many imports led here, a module's own calls may go as deep as any other's.
        self.bounds.depth = depth.max(self.frames.len() + DEPTH_OF_LOADING);
        let body = &self.world.file(file).parsed.syntax().body;
        #[cfg(test)]
        crate::guard::fail_where_asked(&self.world.file(file).text, "loading");
        let outs = stacker::maybe_grow(256 * 1024, 4 * 1024 * 1024, || self.block(state.clone(), body));
        self.steps = steps;
        self.bounds.steps = most;
        self.bounds.depth = depth;
        if self.exhausted && !exhausted {
            self.registry.cut.push(file);
        }
        self.exhausted = exhausted;
        self.tries = tries;
        self.scope = around;
        self.frames.pop();
        let mut ended = outs.into_iter().map(|out| out.state);
        if let Some(mut whole) = ended.next() {
            for other in ended {
                whole.absorb(other);
            }
            *state = whole;
        }
    }

    fn frame_of_module(&self, file: FileId, dotted: Name) -> Frame {
        Frame {
            file,
            function: dotted,
            model: self.world.is_model(file),
            called_at: Place::new(file, ruff_text_size::TextRange::default()),
            code: 0,
            context: super::intern::ROOT,
            yields: None,
            sent: Vec::new(),
            range: ruff_text_size::TextRange::default(),
        }
    }

    /// Tries a pattern: the ways on which it matches and on which it does not.
    pub fn pattern(&mut self, state: State<'a>, subject: &Value, pattern: &'a Pattern) -> Vec<(State<'a>, bool)> {
        let place = self.at(pattern);
        match pattern {
            Pattern::MatchValue(value) => {
                let mut state = state;
                let Some(expected) = self.quiet(&mut state, &value.value) else {
                    return vec![(state, false)];
                };
                let asked = self.equality(&mut state, subject, &expected, place);
                self.both(state, &asked)
            }
            Pattern::MatchSingleton(single) => {
                let asked = match single.value {
                    Singleton::None => test(TestKind::IsNone(subject.clone()), place),
                    Singleton::True => subject.clone(),
                    Singleton::False => test(TestKind::Not(subject.clone()), place),
                };
                self.both(state, &asked)
            }
            Pattern::MatchAs(capture) => {
                let ways = match &capture.pattern {
                    Some(inner) => self.pattern(state, subject, inner),
                    None => vec![(state, true)],
                };
                ways.into_iter()
                    .map(|(mut state, matched)| {
                        if let (true, Some(name)) = (matched, &capture.name) {
                            self.assign_name(&mut state, &name.id, subject.clone());
                        }
                        (state, matched)
                    })
                    .collect()
            }
            Pattern::MatchOr(either) => {
                let mut all = Vec::new();
                let mut rest = vec![state];
                for one in &either.patterns {
                    let mut further = Vec::new();
                    for state in rest {
                        for (state, matched) in self.pattern(state, subject, one) {
                            if matched {
                                all.push((state, true));
                            } else {
                                further.push(state);
                            }
                        }
                    }
                    rest = further;
                }
                all.extend(rest.into_iter().map(|state| (state, false)));
                all
            }
            Pattern::MatchSequence(sequence) => {
                let failed = state.clone();
                let mut ways = vec![state];
                for (index, inner) in sequence.patterns.iter().enumerate() {
                    let mut next = Vec::new();
                    for mut state in ways {
                        let part = match self.items(&state, subject) {
                            Some((items, None)) => items.get(index).cloned().unwrap_or(Value::Unknown),
                            _ => self.element(&mut state, subject, place),
                        };
                        next.extend(
                            self.pattern(state, &part, inner)
                                .into_iter()
                                .filter(|(_, matched)| *matched)
                                .map(|(state, _)| state),
                        );
                    }
                    ways = next;
                }
                let mut all: Vec<_> = ways.into_iter().map(|state| (state, true)).collect();
                all.push((failed, false));
                all
            }
            Pattern::MatchMapping(mapping) => {
                let failed = state.clone();
                let mut state = state;
                for (key, inner) in mapping.keys.iter().zip(&mapping.patterns) {
                    let Some(key) = self.quiet(&mut state, key) else {
                        continue;
                    };
                    let outs = self.subscript(state.clone(), subject, &key, None, place);
                    if let Some((next, part)) = outs.into_iter().find_map(|out| match out.flow {
                        Flow::Value(value) => Some((out.state, value)),
                        _ => None,
                    }) {
                        state = next;
                        if let Some((matched, _)) = self
                            .pattern(state.clone(), &part, inner)
                            .into_iter()
                            .find(|(_, matched)| *matched)
                        {
                            state = matched;
                        }
                    }
                }
                vec![(state, true), (failed, false)]
            }
            Pattern::MatchClass(class) => {
                let failed = state.clone();
                let mut state = state;
                for keyword in &class.arguments.keywords {
                    let outs = self.attribute(state.clone(), subject, &keyword.attr.id, place);
                    if let Some((next, part)) = outs.into_iter().find_map(|out| match out.flow {
                        Flow::Value(value) => Some((out.state, value)),
                        _ => None,
                    }) {
                        state = next;
                        if let Some((matched, _)) = self
                            .pattern(state.clone(), &part, &keyword.pattern)
                            .into_iter()
                            .find(|(_, matched)| *matched)
                        {
                            state = matched;
                        }
                    }
                }
                vec![(state, true), (failed, false)]
            }
            Pattern::MatchStar(_) => vec![(state, true)],
        }
    }

    fn both(&mut self, state: State<'a>, asked: &Value) -> Vec<(State<'a>, bool)> {
        let mut all: Vec<_> = self
            .assume(state.clone(), asked, true)
            .into_iter()
            .map(|state| (state, true))
            .collect();
        all.extend(self.assume(state, asked, false).into_iter().map(|state| (state, false)));
        all
    }
}

/// `"401 UNAUTHORIZED"`.
#[must_use]
pub fn status_of_text(text: &str) -> Status {
    text.split_whitespace()
        .next()
        .and_then(|code| code.parse().ok())
        .map_or(Status::Unresolved, Status::Code)
}
