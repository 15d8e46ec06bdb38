//! What a program finds in its own folders while it loads: paths made from `__file__`, listings of modules, modules by
//! their names.

use std::sync::Arc;

use ruff_python_ast::name::Name;

use super::call::Args;
use super::intern::ObjId;
use super::interp::{Interp, Phase};
use super::state::{Flow, Out, State};
use super::value::{Entries, ObjKind, Value};
use crate::models::Lookup;
use crate::source::{FileId, Place};

impl<'a> Interp<'a> {
    /// What a library's function answers of the program's own files and modules; nothing where it cannot be known.
    pub fn look_up(&mut self, state: &mut State<'a>, lookup: Lookup, args: &Args, place: Place) -> Option<Value> {
        let text = |position: usize, name: &str| args.get(position, name).and_then(Value::as_str).map(str::to_owned);
        match lookup {
            Lookup::Join => {
                let parts: Option<Vec<&str>> = args.pos.iter().map(Value::as_str).collect();
                Some(Value::str(
                    &parts?.into_iter().fold(String::new(), |path, part| join(&path, part)),
                ))
            }
            Lookup::Parent => Some(Value::str(parent(&text(0, "path")?))),
            Lookup::Last => Some(Value::str(last(&text(0, "path")?))),
            Lookup::Whole => Some(Value::str(&normal(&text(0, "path")?))),
            Lookup::Extension => {
                let path = text(0, "path")?;
                let stem = path.strip_suffix(suffix(&path)).unwrap_or(&path);
                Some(Value::Tuple(Arc::from([Value::str(stem), Value::str(suffix(&path))])))
            }
            Lookup::Folder => {
                let folder = text(0, "path")?;
                let names = self.world.inside(&normal(&folder));
                let names = names.into_iter().map(|(name, _)| Value::str(&name)).collect();
                Some(self.new_list(state, names, place, 0))
            }
            Lookup::Matching => {
                let pattern = text(0, "pathname")?;
                Some(self.matching(state, "", &pattern, place))
            }
            Lookup::Modules | Lookup::AllModules => {
                let folders = self.folders(state, args.get(0, "path")?)?;
                let prefix = text(1, "prefix").unwrap_or_default();
                let found = folders
                    .iter()
                    .flat_map(|folder| self.modules_in(folder, &prefix, lookup == Lookup::AllModules, 0));
                let found = found.map(|(name, package)| {
                    Value::Tuple(Arc::from([Value::Unknown, Value::str(&name), Value::Bool(package)]))
                });
                let found: Vec<Value> = found.collect();
                Some(self.new_list(state, found, place, 0))
            }
            Lookup::ModuleNames => {
                let package = text(0, "import_path")?;
                let surely = |value: Option<&Value>| matches!(value, Some(Value::Bool(true)));
                let packages = surely(args.get(1, "include_packages"));
                let file = self.world.absolute(self.file(), &package)?;
                let folder = parent(&self.world.file(file).path).to_owned();
                let all = self.modules_in(&folder, &format!("{package}."), surely(args.get(2, "recursive")), 0);
                let names = all.into_iter().filter(|(_, package)| packages || !package);
                let names = names.map(|(name, _)| Value::str(&name)).collect();
                Some(self.new_list(state, names, place, 0))
            }
            Lookup::Module => {
                let package = text(1, "package");
                let names = args.get(0, "name")?.clone();
                let found: Vec<Value> = names
                    .alternatives()
                    .iter()
                    .filter_map(|name| self.module_named(state, name.as_str()?, package.as_deref()))
                    .collect();
                (!found.is_empty()).then(|| Value::one_of(found))
            }
            Lookup::Object => {
                let name = text(0, "import_name")?.replace(':', ".");
                if let Some(module) = self.module_named(state, &name, None) {
                    return Some(module);
                }
                let (module, member) = name.rsplit_once('.')?;
                let Value::Obj(module) = self.module_named(state, module, None)? else {
                    return None;
                };
                state.attr(module, member).cloned()
            }
            Lookup::Spec => self.spec(state, args, place),
            Lookup::ModuleOfSpec => match args.pos.first()? {
                Value::Obj(spec) => state.attr(*spec, "<module>").cloned(),
                _ => None,
            },
            Lookup::Run => {
                if let Some(Value::Obj(module)) = args.pos.first() {
                    self.run_module(state, *module);
                }
                Some(Value::None)
            }
            Lookup::Members => self.members(state, args, place),
        }
    }

    /// The module of a name that is made while the program runs.
    fn module_named(&mut self, state: &mut State<'a>, name: &str, package: Option<&str>) -> Option<Value> {
        let level = name.bytes().take_while(|byte| *byte == b'.').count();
        let whole = match (level, package) {
            (0, _) => name.to_owned(),
            (_, Some(package)) => {
                let mut parts: Vec<&str> = package.split('.').collect();
                parts.truncate((parts.len() + 1).saturating_sub(level));
                parts.push(&name[level..]);
                parts.join(".")
            }
            (_, None) => return None,
        };
        let file = self.world.absolute(self.file(), &whole)?;
        Some(self.import_file(state, file))
    }

    /// What `importlib.util.spec_from_file_location(name, path)` answers: where a module lies, and what runs it.
    fn spec(&mut self, state: &mut State<'a>, args: &Args, place: Place) -> Option<Value> {
        let file = match args.get(1, "location").and_then(Value::as_str) {
            Some(path) => self.world.at(&normal(path))?,
            None => self.world.absolute(self.file(), args.get(0, "name")?.as_str()?)?,
        };
        let module = self.declare_module(state, file);
        let spec = self.alloc(
            state,
            place,
            61,
            ObjKind::Instance(Value::ext("importlib.machinery.ModuleSpec")),
        );
        let loader = self.alloc(
            state,
            place,
            62,
            ObjKind::Instance(Value::ext("importlib.machinery.ModuleLoader")),
        );
        state.set_attr(spec, Name::new("<module>"), Value::Obj(module));
        state.set_attr(spec, Name::new("loader"), Value::Obj(loader));
        if let Some(name) = args.get(0, "name") {
            state.set_attr(spec, Name::new("name"), name.clone());
        }
        Some(Value::Obj(spec))
    }

    /// `inspect.getmembers(thing, predicate)`.
    fn members(&mut self, state: &mut State<'a>, args: &Args, place: Place) -> Option<Value> {
        let Value::Obj(id) = args.pos.first()? else { return None };
        let predicate = args
            .get(1, "predicate")
            .filter(|value| !matches!(value, Value::None))
            .cloned();
        let mut found = Vec::new();
        for (name, value) in self.attributes_of(state, *id) {
            let held = match &predicate {
                None => true,
                Some(predicate) => {
                    let outs = self.call(state.clone(), predicate, Args::of(vec![value.clone()]), place);
                    outs.into_iter().any(|Out { state, flow }| match flow {
                        Flow::Value(answer) => !self.assume(state, &answer, true).is_empty(),
                        _ => false,
                    })
                }
            };
            if held {
                found.push(Value::Tuple(Arc::from([Value::Str(name), value])));
            }
        }
        Some(self.new_list(state, found, place, 0))
    }

    /// The attributes of a module, a class or an object, by name.
    #[must_use]
    pub fn attributes_of(&self, state: &State<'a>, id: ObjId) -> Vec<(Name, Value)> {
        let mut owners = vec![id];
        let classes = match state.kind(id) {
            Some(ObjKind::Class(_)) => self.linearised(state, id),
            Some(ObjKind::Instance(Value::Obj(class))) => self.linearised(state, *class),
            _ => Vec::new(),
        };
        owners.extend(classes.iter().filter_map(|class| match class {
            Value::Obj(class) if *class != id => Some(*class),
            _ => None,
        }));
        let mut all: Vec<(Name, Value)> = Vec::new();
        for owner in owners {
            let Some(obj) = state.obj(owner) else { continue };
            for (name, value) in &obj.attrs {
                if !all.iter().any(|(known, _)| known == name) {
                    all.push((name.clone(), value.clone()));
                }
            }
        }
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    }

    /// `vars(thing)`, `thing.__dict__`, `globals()`: the attributes as a dict.
    pub fn namespace(&mut self, state: &mut State<'a>, id: ObjId, place: Place) -> Value {
        let mut known: Vec<(Name, Value)> = state
            .obj(id)
            .map(|obj| {
                obj.attrs
                    .iter()
                    .map(|(name, value)| (name.clone(), value.clone()))
                    .collect()
            })
            .unwrap_or_default();
        known.sort_by(|a, b| a.0.cmp(&b.0));
        let entries = Entries {
            known: known
                .into_iter()
                .map(|(name, value)| (Value::Str(name), value))
                .collect(),
            ..Entries::default()
        };
        Value::Obj(self.alloc(state, place, 63, ObjKind::Dict(entries)))
    }

    /// An attribute or method of `pathlib.Path`, read of a path that is known as text.
    #[must_use]
    pub fn path_attribute(&self, path: &str, name: &str) -> Option<Value> {
        if self.phase != Phase::Load || !path.contains('/') {
            return None;
        }
        Some(match name {
            "parent" => Value::str(parent(path)),
            "name" => Value::str(last(path)),
            "stem" => Value::str(stem(path)),
            "suffix" => Value::str(suffix(path)),
            "parts" => Value::Tuple(
                path.split('/')
                    .filter(|part| !part.is_empty())
                    .map(Value::str)
                    .collect(),
            ),
            "parents" => {
                let mut above = Vec::new();
                let mut current = path;
                while !current.is_empty() {
                    current = parent(current);
                    above.push(Value::str(current));
                }
                Value::Tuple(above.into())
            }
            _ => return None,
        })
    }

    /// A method of `pathlib.Path`, called on a path that is known as text.
    pub fn path_method(
        &mut self,
        state: &mut State<'a>,
        path: &str,
        name: &str,
        args: &Args,
        place: Place,
    ) -> Option<Value> {
        if self.phase != Phase::Load {
            return None;
        }
        let first = args.pos.first().and_then(Value::as_str).map(str::to_owned);
        Some(match name {
            "resolve" | "absolute" | "expanduser" | "as_posix" => Value::str(&normal(path)),
            "joinpath" => Value::str(&join(path, &first?)),
            "with_suffix" => {
                let bare = path.strip_suffix(suffix(path)).unwrap_or(path);
                Value::str(&format!("{bare}{}", first?))
            }
            "relative_to" => {
                let rest = path.strip_prefix(&*normal(&first?))?;
                Value::str(rest.trim_start_matches('/'))
            }
            "iterdir" => {
                let folder = normal(path);
                let inside = self.world.inside(&folder).into_iter();
                let inside = inside.map(|(name, _)| Value::str(&join(&folder, &name))).collect();
                self.new_list(state, inside, place, 0)
            }
            "glob" => self.matching(state, path, &first?, place),
            "rglob" => self.matching(state, path, &format!("**/{}", first?), place),
            _ => return None,
        })
    }

    /// The paths below a folder that a pattern of `glob` matches.
    fn matching(&mut self, state: &mut State<'a>, folder: &str, pattern: &str, place: Place) -> Value {
        let whole = if folder.is_empty() {
            normal(pattern)
        } else {
            join(&normal(folder), pattern)
        };
        let pattern: Vec<&str> = whole.split('/').collect();
        let mut found: Vec<Value> = Vec::new();
        for path in self.world.paths() {
            let parts: Vec<&str> = path.split('/').collect();
            // A folder matches where all that lies in it is told by its first file.
            for length in 1..=parts.len() {
                if matches(&pattern, &parts[..length]) {
                    let path = Value::str(&parts[..length].join("/"));
                    if found.last() != Some(&path) {
                        found.push(path);
                    }
                }
            }
        }
        self.new_list(state, found, place, 0)
    }

    /// The folders that `__path__`, a text or a list of texts means.
    fn folders(&self, state: &State<'a>, value: &Value) -> Option<Vec<String>> {
        if let Some(one) = value.as_str() {
            return Some(vec![normal(one)]);
        }
        let (known, _) = self.items(state, value)?;
        Some(known.iter().filter_map(Value::as_str).map(normal).collect())
    }

    fn modules_in(&self, folder: &str, prefix: &str, deep: bool, depth: usize) -> Vec<(String, bool)> {
        let mut all = Vec::new();
        for (name, is_folder) in self.world.inside(folder) {
            let below = join(folder, &name);
            if is_folder {
                if self.world.at(&join(&below, "__init__.py")).is_none() {
                    continue;
                }
                all.push((format!("{prefix}{name}"), true));
                if deep && depth < 8 {
                    all.extend(self.modules_in(&below, &format!("{prefix}{name}."), true, depth + 1));
                }
            } else if let Some(stem) = name.strip_suffix(".py").filter(|stem| *stem != "__init__") {
                all.push((format!("{prefix}{stem}"), false));
            }
        }
        all
    }

    /// The folder of a package's file, as `__path__` gives it.
    #[must_use]
    pub fn package_folder(&self, file: FileId) -> Option<String> {
        let path = &self.world.file(file).path;
        (last(path) == "__init__.py").then(|| parent(path).to_owned())
    }
}

/// One path within another.
#[must_use]
pub fn join(path: &str, part: &str) -> String {
    if path.is_empty() || part.starts_with('/') {
        return part.to_owned();
    }
    if part.is_empty() {
        return path.to_owned();
    }
    format!("{}/{part}", path.trim_end_matches('/'))
}

/// The folder that a path lies in.
#[must_use]
pub fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(above, _)| above)
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn suffix(path: &str) -> &str {
    let name = last(path);
    name.rfind('.').filter(|at| *at > 0).map_or("", |at| &name[at..])
}

fn stem(path: &str) -> &str {
    let name = last(path);
    name.strip_suffix(suffix(name)).unwrap_or(name)
}

/// A path without `.`, `..` and doubled or trailing slashes.
#[must_use]
pub fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let whole = parts.join("/");
    if path.starts_with('/') {
        format!("/{whole}")
    } else {
        whole
    }
}

/// Whether the parts of a path are those of a pattern, in which `**` stands for any number of them.
fn matches(pattern: &[&str], parts: &[&str]) -> bool {
    if pattern.iter().filter(|part| **part == "**").count() > 2 {
        return false;
    }
    match (pattern.split_first(), parts.split_first()) {
        (None, None) => true,
        (Some((&"**", rest)), _) => {
            matches(rest, parts) || parts.split_first().is_some_and(|(_, below)| matches(pattern, below))
        }
        (Some((one, rest)), Some((part, below))) => fits(one, part) && matches(rest, below),
        _ => false,
    }
}

/// Whether a name fits a pattern with `*`, `?` and `[…]`, which here stands for any character.
fn fits(pattern: &str, name: &str) -> bool {
    let pattern = wildcards(pattern);
    let name: Vec<char> = name.chars().collect();
    let (mut at, mut here) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while here < name.len() {
        match pattern.get(at) {
            Some(Wildcard::Any) => {
                star = Some((at, here));
                at += 1;
            }
            Some(Wildcard::One) => (at, here) = (at + 1, here + 1),
            Some(Wildcard::Just(one)) if *one == name[here] => (at, here) = (at + 1, here + 1),
            _ => match &mut star {
                // The last star takes one more.
                Some((from, taken)) => {
                    *taken += 1;
                    (at, here) = (*from + 1, *taken);
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|one| matches!(one, Wildcard::Any))
}

enum Wildcard {
    Any,
    One,
    Just(char),
}

fn wildcards(pattern: &str) -> Vec<Wildcard> {
    let mut all = Vec::new();
    let mut rest = pattern.chars();
    while let Some(next) = rest.next() {
        all.push(match next {
            '*' => Wildcard::Any,
            '?' => Wildcard::One,
            '[' => {
                rest.by_ref().find(|end| *end == ']');
                Wildcard::One
            }
            other => Wildcard::Just(other),
        });
    }
    all
}

#[cfg(test)]
mod tests {
    use super::{fits, matches, normal, stem};

    #[test]
    fn patterns_of_glob() {
        assert!(fits("*_app.py", "user_app.py"));
        assert!(!fits("*_app.py", "user.py"));
        assert!(fits("[!_]*.py", "users.py"));
        assert!(matches(&["api", "**", "*.py"], &["api", "v1", "users.py"]));
        assert!(matches(&["api", "**", "*.py"], &["api", "users.py"]));
        assert!(!matches(&["api", "*.py"], &["api", "v1", "users.py"]));
    }

    #[test]
    fn paths() {
        assert_eq!(normal("/srv/app/../views/./a.py"), "/srv/views/a.py");
        assert_eq!(stem("views/user_app.py"), "user_app");
        assert_eq!(stem("views/.hidden"), ".hidden");
    }
}
